/** What the History panel asks for beyond the commands; loaded with them when it is first needed. */
import type { PanelAsk } from '../../protocol/panel.ts';
import type { Collaborators } from '../commands/collaborators.ts';
import { steer } from '../commands/steerStudy.ts';

/** `studyId`: as the registry knows the study. Throws what keeps it from being done. */
export async function actInPanel(parts: Collaborators, studyId: unknown, asked: PanelAsk): Promise<unknown> {
  const study = parts.registry.study(String(studyId));
  if (!study) return undefined;
  switch (asked.type) {
    case 'order':
      return steer(parts, study, asked.order);
    default:
      return asked.type satisfies never;
  }
}

/** The states of a trial as shapes, the same in legend, table and side column. */
import { svgElement } from './dom.ts';

export type StateShape =
  | 'complete'
  | 'infeasible'
  | 'pruned'
  | 'failed'
  | 'running'
  | 'paused'
  | 'waiting'
  | 'front'
  | 'line'
  | 'takeover';

export function stateIcon(shape: StateShape): SVGElement {
  const icon = svgElement('svg', { class: `icon icon-${shape}`, viewBox: '0 0 12 12', 'aria-hidden': 'true' });
  icon.append(drawing(shape));
  return icon;
}

function drawing(shape: StateShape): SVGElement {
  switch (shape) {
    case 'complete':
      return svgElement('circle', { cx: 6, cy: 6, r: 4, class: 'filled' });
    case 'infeasible':
      return svgElement('path', { d: 'M2.5 2.5h7v7h-7z' });
    case 'pruned':
      return svgElement('path', { d: 'M1.5 2.5h9L6 10z' });
    case 'failed':
      return svgElement('path', { d: 'M2.5 2.5l7 7M9.5 2.5l-7 7' });
    case 'running':
      return svgElement('circle', { cx: 6, cy: 6, r: 4 });
    case 'paused':
      return svgElement('path', { d: 'M6 1.5L10.5 6 6 10.5 1.5 6z' });
    case 'front':
      return svgElement('circle', { cx: 6, cy: 6, r: 4, class: 'filled' });
    case 'waiting':
      return svgElement('circle', { cx: 6, cy: 6, r: 4, 'stroke-dasharray': '1.6 2.6' });
    case 'takeover':
      return svgElement('path', { d: 'M0 6h12', 'stroke-dasharray': '4 3' });
    case 'line':
      return svgElement('path', { d: 'M0 6h12' });
    default:
      return shape satisfies never;
  }
}

/** Of a control that has a picture instead of a word. */
export function actionIcon(name: 'pause' | 'resume' | 'stop'): SVGElement {
  const icon = svgElement('svg', { class: 'action-icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' });
  const paths = { pause: 'M4.5 3v10M11.5 3v10', resume: 'M4.5 2.5v11l9-5.5z', stop: 'M3.5 3.5h9v9h-9z' } as const;
  icon.append(svgElement('path', { d: paths[name] }));
  return icon;
}

export function starIcon(isOn: boolean): SVGElement {
  const icon = svgElement('svg', {
    class: isOn ? 'action-icon is-on' : 'action-icon',
    viewBox: '0 0 16 16',
    'aria-hidden': 'true',
  });
  icon.append(svgElement('path', { d: 'M8 1.8l1.9 4 4.3.6-3.1 3 .7 4.3L8 11.6l-3.8 2.1.7-4.3-3.1-3 4.3-.6z' }));
  return icon;
}

export function noteIcon(isOn: boolean): SVGElement {
  const icon = svgElement('svg', {
    class: isOn ? 'action-icon is-on' : 'action-icon',
    viewBox: '0 0 16 16',
    'aria-hidden': 'true',
  });
  icon.append(svgElement('path', { d: 'M2.5 2.5h11v7.5l-3.5 3.5H2.5zM5 5.5h6M5 8.5h4' }));
  return icon;
}

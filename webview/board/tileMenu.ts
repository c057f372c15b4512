/** Parts of a tile's menu: without a mouse what a drag does, and what its trials are coloured by. */
import type { Choices } from '../charts/panelState.ts';
import { SLICE_CHARTS } from '../charts/parameterChart.ts';
import type { Scene } from '../charts/scene.ts';
import { BY_NUMBER } from '../model/colouring.ts';
import { type MenuItem, openMenu } from '../ui/menu.ts';
import type { Translate } from '../ui/strings.ts';
import type { TileSize } from './arrangement.ts';

interface Place {
  readonly size: TileSize;
  /** The tiles that are shown, in their order. */
  readonly shown: readonly string[];
  readonly onSize: (size: TileSize) => void;
  /** `before`: the tile that it comes to stand before; null: at the end. */
  readonly onMove: (before: string | null) => void;
}

export function placeItems(id: string, { size, shown, onSize, onMove }: Place, t: Translate): MenuItem[] {
  const at = shown.indexOf(id);
  const moved = (place: number) => () => onMove(shown[place] ?? null);
  const resized = (part: Partial<TileSize>) => () => onSize({ ...size, ...part });
  const items: (MenuItem | null)[] = [
    at > 0 ? { text: t('moveLeft'), isFirstOfGroup: true, onClick: moved(at - 1) } : null,
    at < shown.length - 1 ? { text: t('moveRight'), isFirstOfGroup: at === 0, onClick: moved(at + 2) } : null,
    size.span < 12 ? { text: t('tileWider'), onClick: resized({ span: size.span + 1 }) } : null,
    size.span > 3 ? { text: t('tileNarrower'), onClick: resized({ span: size.span - 1 }) } : null,
    size.tall < 4 ? { text: t('tileTaller'), onClick: resized({ tall: size.tall + 0.5 }) } : null,
    size.tall > 1 ? { text: t('tileLower'), onClick: resized({ tall: size.tall - 0.5 }) } : null,
  ];
  return items.filter((item) => item !== null);
}

/** Charts of trials as points, which can be coloured. */
const COLOURED: readonly string[] = ['history', 'parameter', ...SLICE_CHARTS.map(({ id }) => id)];

/** Opens the list of what trials can be coloured by, below `from`; null for a chart without such points. */
export function colourItem(
  id: string,
  scene: Scene | null,
  from: HTMLElement,
  onChoose: (part: Pick<Choices, 'colour'>) => void,
  t: Translate,
): MenuItem | null {
  if (!scene || !COLOURED.includes(id) || scene.model.parameters.size === 0) return null;
  const { model, choices } = scene;
  const items = [null, BY_NUMBER, ...model.parameters.keys()].map((colour) => ({
    text: colour === null ? t('oneColour') : colour === BY_NUMBER ? t('columnTrial') : colour,
    isChosen: colour === choices.colour,
    onClick: () => onChoose({ colour }),
  }));
  return { text: t('colourBy'), isFirstOfGroup: true, onClick: () => openMenu(from, () => items) };
}

/** Colours for the canvases, read from VS Code's variables; the rest of the panel uses them in panel.css directly. */

export interface Theme {
  readonly foreground: string;
  readonly muted: string;
  readonly hairline: string;
  readonly background: string;
  readonly accent: string;
  readonly pruned: string;
  readonly paused: string;
  readonly failed: string;
  /** Of lines that stand for studies, apart from each other. */
  readonly studies: readonly string[];
  readonly fontFamily: string;
  readonly fontSize: number;
  readonly isHighContrast: boolean;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const pick = (fallback: string, ...names: string[]) => {
    for (const name of names) {
      const value = style.getPropertyValue(`--vscode-${name}`).trim();
      if (value !== '') return value;
    }
    return fallback;
  };
  const isHighContrast = /\bvscode-high-contrast/.test(document.body.className);
  const foreground = pick('CanvasText', 'foreground', 'editor-foreground');
  return {
    foreground,
    muted: isHighContrast ? foreground : pick(foreground, 'descriptionForeground', 'editorLineNumber-foreground'),
    hairline: withAlpha(foreground, isHighContrast ? 0.35 : 0.1),
    background: pick('Canvas', 'editor-background'),
    accent: pick('LinkText', 'charts-blue', 'textLink-foreground'),
    // Orange is a translucent highlight in some themes.
    pruned: withAlpha(pick(foreground, 'charts-orange', 'editorWarning-foreground'), 1),
    paused: pick(foreground, 'charts-purple'),
    failed: pick(foreground, 'charts-red', 'errorForeground'),
    // Yellow is too near to orange.
    studies: [
      ...['blue', 'orange', 'green', 'purple', 'red'].map((name) => withAlpha(pick(foreground, `charts-${name}`), 1)),
      foreground,
    ],
    fontFamily: style.fontFamily,
    fontSize: Number.parseFloat(style.fontSize) || 13,
    isHighContrast,
  };
}

/** Calls back after a theme change: VS Code then rewrites the body's class and the root's variables. */
export function onThemeChange(listener: () => void): void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-kind'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}

/** Any CSS colour with this opacity instead of its own. */
export function withAlpha(color: string, alpha: number): string {
  const [red, green, blue] = channelsOf(color);
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

/** Red, green and blue of any CSS colour, from 0 to 255; the canvas knows how to read them all. */
export function channelsOf(color: string): [number, number, number] {
  const context = colorReader();
  context.fillStyle = '#000';
  context.fillStyle = color;
  const read = context.fillStyle;
  if (read.startsWith('#')) {
    const channel = (at: number) => Number.parseInt(read.slice(at, at + 2), 16);
    return [channel(1), channel(3), channel(5)];
  }
  const [red, green, blue] = read.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0];
  return [red ?? 0, green ?? 0, blue ?? 0];
}

let reader: CanvasRenderingContext2D | null = null;

function colorReader(): CanvasRenderingContext2D {
  reader ??= document.createElement('canvas').getContext('2d');
  if (!reader) throw new Error('This browser has no 2D canvas.');
  return reader;
}

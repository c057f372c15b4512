/** The code of a notebook's cells in order, as one module; magics and shell lines are left out. */
export function notebookCode(text: string): string {
  const cells = cellsOf(text);
  return cells.map((source) => source.replace(/^[ \t]*[%!?].*$/gm, '')).join('\n\n');
}

function cellsOf(text: string): string[] {
  let notebook: unknown;
  try {
    notebook = JSON.parse(text);
  } catch {
    // Not saved as JSON: the editor has handed over the code itself.
    return [text];
  }
  const cells = (notebook as { cells?: unknown } | null)?.cells;
  if (!Array.isArray(cells)) return [text];
  return cells.flatMap((cell: { cell_type?: unknown; source?: unknown } | null) => {
    if (cell?.cell_type !== 'code') return [];
    const { source } = cell;
    return [Array.isArray(source) ? source.join('') : String(source ?? '')];
  });
}

/** One chart.js canvas. It draws what a builder made; hovering, selecting and marks are the figure's. */
import {
  Chart,
  LinearScale,
  LineElement,
  LogarithmicScale,
  PointElement,
  type Scale,
  ScatterController,
} from 'chart.js';
import type { PlotAxis, PlotData, PlotStyle } from './plotData.ts';
import { DENSE, datasetStyle, type PlotDataset } from './plotStyles.ts';
import type { Theme } from './theme.ts';

Chart.register(ScatterController, LinearScale, LogarithmicScale, PointElement, LineElement);

const AXIS_WIDTH = 46;

export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export class Plot {
  readonly #chart: Chart<'scatter'>;
  readonly #datasets = new Map<PlotStyle, PlotDataset>();
  #data: PlotData | null = null;
  #theme: Theme;

  /** `onLayout` is called after every drawing: places on the canvas may have moved. */
  constructor(canvas: HTMLCanvasElement, theme: Theme, onLayout: () => void) {
    this.#theme = theme;
    this.#chart = new Chart(canvas, {
      type: 'scatter',
      data: { datasets: [] },
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        responsive: true,
        maintainAspectRatio: false,
        events: [],
        layout: { padding: { top: 8, right: 8 } },
        scales: { x: { type: 'linear' }, y: { type: 'linear' } },
      },
      plugins: [{ id: 'layout', afterDraw: onLayout }],
    });
  }

  get data(): PlotData | null {
    return this.#data;
  }

  get area(): PlotArea {
    return this.#chart.chartArea;
  }

  show(data: PlotData, theme: Theme): void {
    this.#data = data;
    this.#theme = theme;
    const { options } = this.#chart;
    options.scales = { x: this.#axis('x', data.x), y: this.#axis('y', data.y) };
    const isDense = data.sets.reduce((sum, { points }) => sum + points.length, 0) > DENSE;
    this.#chart.data.datasets = data.sets.map(({ style, points }, index) => {
      // chart.js keeps what it built for a set as long as the object is the same. It draws the lowest order last.
      const set = this.#datasets.get(style) ?? { data: [] };
      this.#datasets.set(style, set);
      return Object.assign(set, datasetStyle(style, theme, isDense), { order: -index, data: points });
    });
    this.#chart.update('none');
  }

  /** Pixels from the canvas's left edge. */
  pixelX(x: number): number {
    return this.#chart.scales['x']?.getPixelForValue(x) ?? Number.NaN;
  }

  /** Pixels from the canvas's top edge. */
  pixelY(y: number): number {
    return this.#chart.scales['y']?.getPixelForValue(y) ?? Number.NaN;
  }

  #axis(which: 'x' | 'y', axis: PlotAxis) {
    const { hairline, muted, fontFamily, fontSize } = this.#theme;
    return {
      type: axis.log ? ('logarithmic' as const) : ('linear' as const),
      min: axis.min,
      max: axis.max,
      border: { display: false },
      grid: { display: which === 'y' || axis.hasGrid === true, color: hairline, drawTicks: false, lineWidth: 1 },
      ticks: {
        color: muted,
        font: { family: fontFamily, size: Math.round(fontSize * 0.88) },
        padding: which === 'y' ? 8 : 6,
        maxRotation: 0,
        autoSkip: which === 'x' && axis.hasGrid !== true,
        autoSkipPadding: 12,
        callback: (value: string | number) => axis.label(Number(value)),
      },
      afterBuildTicks: (scale: Scale) => {
        scale.ticks = axis.ticks.map((value) => ({ value }));
      },
      afterFit: (scale: Scale) => {
        if (which === 'y') scale.width = Math.max(AXIS_WIDTH, scale.width);
      },
    };
  }
}

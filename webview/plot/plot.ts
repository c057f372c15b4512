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
import type { Theme } from '../ui/theme.ts';
import { type Frame, type LayerHit, Layers } from './layers.ts';
import { hasLayer, type PlotAxis, type PlotData, type PlotStyle } from './plotData.ts';
import { casing, DENSE, datasetStyle, outStyle, type PlotDataset } from './plotStyles.ts';

Chart.register(ScatterController, LinearScale, LogarithmicScale, PointElement, LineElement);

const AXIS_WIDTH = 46;

export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

type DatasetKey = PlotStyle | `under ${PlotStyle}` | `out ${PlotStyle}`;

export class Plot {
  readonly #chart: Chart<'scatter'>;
  readonly #datasets = new Map<DatasetKey, PlotDataset>();
  readonly layers = new Layers();
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
      plugins: [
        { id: 'layers', beforeDatasetsDraw: ({ ctx }) => this.#paintLayers(ctx) },
        { id: 'layout', afterDraw: onLayout },
      ],
    });
  }

  get data(): PlotData | null {
    return this.#data;
  }

  get area(): PlotArea {
    return this.#chart.chartArea;
  }

  /** CSS pixels of the canvas. */
  get size(): { readonly width: number; readonly height: number } {
    const { width, height } = this.#chart;
    return { width, height };
  }

  /** What stands for many trials as a data URL; empty where everything is points and lines. */
  layersPicture(scale: number): string {
    if (!this.#data || (!hasLayer(this.#data) && !this.#data.areas)) return '';
    const { left, top, right, bottom } = this.area;
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(scale * (right - left)));
    canvas.height = Math.max(1, Math.round(scale * (bottom - top)));
    const context = canvas.getContext('2d');
    if (!context) return '';
    context.setTransform(scale, 0, 0, scale, -scale * left, -scale * top);
    this.#paintLayers(context);
    return canvas.toDataURL('image/png');
  }

  show(data: PlotData, theme: Theme): void {
    this.#data = data;
    this.#theme = theme;
    const { options } = this.#chart;
    options.scales = { x: this.#axis('x', data.x), y: this.#axis('y', data.y) };
    const isDense = data.sets.reduce((sum, { points }) => sum + points.length, 0) > DENSE;
    const isOverDensity = hasLayer(data);
    this.#chart.data.datasets = data.sets.flatMap(({ style, points, isOut }, index) => {
      const look = datasetStyle(style, theme, isDense);
      if (isOut) return [this.#dataset(`out ${style}`, outStyle(look, theme), points, index)];
      const own = this.#dataset(style, look, points, index);
      if (!isOverDensity) return [own];
      return [this.#dataset(`under ${style}`, casing(look, theme), points, index - 0.5), own];
    });
    this.#chart.update('none');
  }

  /** chart.js keeps what it built for a set as long as the object is the same. It draws the lowest order last. */
  #dataset(
    key: DatasetKey,
    look: Omit<PlotDataset, 'data'>,
    points: PlotData['sets'][number]['points'],
    order: number,
  ): PlotDataset {
    const set = this.#datasets.get(key) ?? { data: [] };
    this.#datasets.set(key, set);
    return Object.assign(set, look, { order: -order, data: points });
  }

  /** What lies under the pointer beside points and lines; pixels of the canvas. */
  layerAt(x: number, y: number): LayerHit | null {
    return this.layers.at(x, y);
  }

  #paintLayers(context: CanvasRenderingContext2D): void {
    if (!this.#data) return;
    const { left, top, right, bottom } = this.area;
    const frame: Frame = {
      area: { left, top, width: right - left, height: bottom - top },
      pixelX: (x) => this.pixelX(x),
      pixelY: (y) => this.pixelY(y),
    };
    this.layers.paint(context, this.#data, frame, this.#theme);
  }

  /** Pixels from the canvas's left edge. */
  pixelX(x: number): number {
    return this.#chart.scales['x']?.getPixelForValue(x) ?? Number.NaN;
  }

  /** Pixels from the canvas's top edge. */
  pixelY(y: number): number {
    return this.#chart.scales['y']?.getPixelForValue(y) ?? Number.NaN;
  }

  /** Data coordinates of a place on the canvas. */
  valueX(pixel: number): number {
    return this.#chart.scales['x']?.getValueForPixel(pixel) ?? Number.NaN;
  }

  valueY(pixel: number): number {
    return this.#chart.scales['y']?.getValueForPixel(pixel) ?? Number.NaN;
  }

  #axis(which: 'x' | 'y', axis: PlotAxis) {
    const { hairline, muted, fontFamily, fontSize } = this.#theme;
    const lanes = axis.lanes ?? [];
    const laneOf = (tick: number | undefined) => lanes.find(({ at }) => at === tick);
    return {
      type: axis.log ? ('logarithmic' as const) : ('linear' as const),
      min: axis.min,
      max: axis.max,
      border: { display: false },
      grid: {
        display: which === 'y' || axis.hasGrid === true,
        color: ({ tick }: { tick?: { value: number } }) => (laneOf(tick?.value) ? 'transparent' : hairline),
        drawTicks: false,
        lineWidth: 1,
      },
      ticks: {
        color: muted,
        font: { family: fontFamily, size: Math.round(fontSize * 0.88) },
        padding: which === 'y' ? 8 : 6,
        maxRotation: 0,
        autoSkip: which === 'x' && axis.hasGrid !== true,
        autoSkipPadding: 12,
        callback: (value: string | number) => laneOf(Number(value))?.label ?? axis.label(Number(value)),
      },
      afterBuildTicks: (scale: Scale) => {
        const labelled = lanes.filter(({ label }) => label !== '').map(({ at }) => at);
        scale.ticks = [...axis.ticks, ...labelled].sort((one, other) => one - other).map((value) => ({ value }));
      },
      afterFit: (scale: Scale) => {
        if (which === 'y') scale.width = Math.max(AXIS_WIDTH, scale.width);
      },
    };
  }
}

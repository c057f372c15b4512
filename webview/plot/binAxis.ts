import type { PlotAxis } from './plotData.ts';

/** Width of a density's cell, in CSS pixels: the smallest that an eye tells apart at arm's length. */
export const CELL = 3;

/**
 * An axis as it is drawn, cut into bins of about `CELL` pixels. The cuts are even in pixels, so that on a logarithmic axis
 * they are even in the logarithm. An axis of whole numbers is cut between them, with equally many in every bin: cuts at
 * pixels would put three numbers into one bin and four into the next, which draws stripes that the data doesn't have.
 */
export interface BinAxis {
  readonly count: number;
  /** The bin of a value; −1 where the value is NaN or off the axis. */
  readonly bin: (value: number) => number;
  /** Lowest and highest value of a bin: of whole numbers both are in it. */
  readonly range: (bin: number) => readonly [from: number, to: number];
  /** Whether bins stand apart. */
  readonly hasGaps: boolean;
  /** Where a bin begins and ends, as shares of the axis: 0 at its minimum, 1 at its maximum. */
  readonly place: (bin: number) => readonly [from: number, to: number];
}

/** `pixels`: length of the axis in CSS pixels. */
export function binAxis(axis: PlotAxis, pixels: number): BinAxis {
  return axis.whole === undefined ? continuousBins(axis, pixels) : wholeBins(axis, axis.whole, pixels);
}

function continuousBins({ min, max, log }: PlotAxis, pixels: number): BinAxis {
  const count = Math.max(1, Math.round(pixels / CELL));
  const low = log ? Math.log(min) : min;
  const length = (log ? Math.log(max) : max) - low;
  const scale = count / length;
  const last = count - 1;
  const binAt = (at: number) => {
    // The end of the axis belongs to its last bin.
    const bin = at === length ? last : Math.floor(at * scale);
    return bin >= 0 && bin <= last ? bin : -1;
  };
  const back = (at: number) => (log ? Math.exp(low + length * at) : low + length * at);
  return {
    count,
    hasGaps: false,
    bin: log
      ? (value) => (value === max ? last : binAt(Math.log(value) - low))
      : (value) => (value === max ? last : binAt(value - low)),
    range: (bin) => [bin === 0 ? min : back(bin / count), bin === last ? max : back((bin + 1) / count)],
    place: (bin) => [bin / count, (bin + 1) / count],
  };
}

/** A bin begins where the numbers do, so that the first one is no emptier than the others. */
function wholeBins({ min, max }: PlotAxis, whole: NonNullable<PlotAxis['whole']>, pixels: number): BinAxis {
  const each = Math.max(1, Math.ceil((CELL * (max - min)) / pixels));
  const first = whole.from + each * Math.floor((Math.ceil(min) - whole.from) / each);
  const count = Math.max(1, Math.ceil((Math.floor(max) - first + 1) / each));
  // A gap is for numbers that have room for it.
  const gap = each > 1 || pixels / (max - min) < 3 * CELL ? 0 : (1 - whole.share) / 2;
  const share = (value: number) => (value - min) / (max - min);
  return {
    count,
    hasGaps: gap > 0,
    bin: (value) => {
      const bin = Math.floor((Math.round(value) - first) / each);
      return bin >= 0 && bin < count ? bin : -1;
    },
    range: (bin) => [first + bin * each, Math.min(Math.floor(max), first + (bin + 1) * each - 1)],
    place: (bin) => [share(first + bin * each - 0.5 + gap), share(first + (bin + 1) * each - 0.5 - gap)],
  };
}

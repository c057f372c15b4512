/**
 * What the types of `tuneboard/trainer` need of TensorFlow.js's own, so that a project compiles against them without having
 * TensorFlow.js: buildTypes.mjs puts this in its place. Everything of TensorFlow.js fits.
 */
export type DataType = string;

export interface TensorInfo {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: DataType;
}

export interface Tensor extends TensorInfo {
  readonly id: number;
  readonly size: number;
  readonly rank: number;
  dataSync(): ArrayLike<number>;
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

export interface Scalar extends Tensor {}
export interface Tensor1D extends Tensor {}
export interface Tensor2D extends Tensor {}
export interface Tensor4D extends Tensor {}

export interface Variable extends Tensor {
  readonly name: string;
  readonly trainable: boolean;
}

export declare function memory(): { readonly numTensors: number; readonly numBytes: number };
export declare function getBackend(): string;

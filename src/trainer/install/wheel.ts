/**
 * The published TensorFlow that is downloaded where none is installed: the oldest that every check of this project was
 * made with, for processors with AVX. Any other libtensorflow from 2.11 on can be named by its folder.
 */
export const WHEEL = {
  package: 'tensorflow-cpu',
  version: '2.15.1',
  /** Of the file for CPython 3.11 on Linux x86-64; the interpreter that fetches it may be another. */
  sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
  bytes: 207_208_420,
  /** Of the two libraries in it. */
  unpackedBytes: 613_776_168,
} as const;

/** pip's words for that very file, whatever the machine's own Python is. */
export const WHEEL_TAGS = [
  '--no-deps',
  '--only-binary=:all:',
  '--python-version',
  '311',
  '--implementation',
  'cp',
  '--platform',
  'manylinux_2_17_x86_64',
  '--platform',
  'manylinux2014_x86_64',
] as const;

/** Libraries inside the wheel. */
export const WHEEL_FILES = ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'] as const;

import { native } from './addon.ts';

/** The version of libtorch the addon was built against. */
export const version: string = native.version();

export const cuda = {
  isAvailable: (): boolean => native.cudaIsAvailable(),
  deviceCount: (): number => native.cudaDeviceCount(),
  /** Waits until everything given to the device is done. */
  synchronize: (index = 0): void => native.cudaSynchronize(index),
};

/** Threads one operator may use. */
export const getNumThreads = (): number => native.getNumThreads();
export const setNumThreads = (threads: number): void => native.setNumThreads(threads);

/** Treat denormal numbers as zero on this thread; false where the processor cannot. */
export const setFlushDenormal = (on: boolean): boolean => native.setFlushDenormal(on);

import { RecordedSegments } from '../graph/segments/cache.ts';
import * as torch from '../torch/index.ts';
import { cudaRecorder, type Recorder } from '../torch/recorder.ts';
import type { Session } from './session.ts';

/** What recorded segments may keep of a device's memory. */
const share = 0.4;

/** Segments of a search's children as CUDA graphs; null where there are none, as on the CPU and for text. */
export function cudaSegments({ device, learner, config }: Session): RecordedSegments | null {
  if (device === 'cpu' || learner.unit !== 'images' || !torch.cuda.isCompiled()) return null;
  const bytes = share * torch.cuda.getDeviceProperties(device).totalMemory;
  return segmentsFor(config, cudaRecorder(device), bytes);
}

export function segmentsFor(
  { search }: Session['config'],
  recorder: Recorder,
  bytes: number,
): RecordedSegments {
  return new RecordedSegments({ recorder, batch: search.omega.batch, bytes });
}

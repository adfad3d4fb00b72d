import { EnasTorchError } from '../errors/error.ts';
import { checkDevice } from '../run/device.ts';
import type { Device } from '../torch/index.ts';
import * as torch from '../torch/index.ts';

/**
 * The device a configuration asks for. `auto` takes the first CUDA device where there is one.
 * @throws EnasTorchError ERR_ARGUMENT for what names no device; ERR_DEVICE when CUDA is asked for by name and is not there: never a silent CPU
 */
export function resolveDevice(asked: string): Device {
  checkDevice('device', asked);
  if (asked === 'auto') return torch.cuda.isAvailable() ? 'cuda:0' : 'cpu';
  if (asked === 'cpu') return 'cpu';
  const index = asked === 'cuda' ? 0 : Number(asked.slice('cuda:'.length));
  const devices = torch.cuda.deviceCount();
  if (index >= devices) {
    throw new EnasTorchError(
      'ERR_DEVICE',
      `device: expected a device of this machine, got ${asked} where there are ${devices} CUDA devices; ` +
        'use --device cpu or auto, or give LIBTORCH a CUDA build and run `npx enas-torch doctor`',
    );
  }
  return `cuda:${index}`;
}

import * as torch from '../../src/torch/index.ts';

/** What this machine's kernels run on when nothing else is set. */
export const widest = torch.getSimd();

/** The instruction sets that this machine has. */
export const levels = (['none', 'avx2', 'avx512', 'avx512bf16', 'amx'] as const).filter((level) => {
  torch.setSimd(level);
  const has = torch.getSimd() === level;
  torch.setSimd(widest);
  return has;
});

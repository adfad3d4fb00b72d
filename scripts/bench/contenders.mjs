/**
 * Who is measured, in the order of the tables. `side` is what its process is told to be, `precision`
 * what it computes its products in, `env` what must be in place before its process starts.
 */

/**
 * Large blocks stay with the process: glibc else gives each back to the kernel and faults it in anew. Its
 * heap asks for huge pages, as our blocks do: PyTorch's steps are 1.00 (recurrent, hidden 1000), 1.03 (macro)
 * and 1.12 (recurrent, hidden 200) times as fast with them.
 * OpenMP threads wait as they do by default, spinning for some milliseconds: of PyTorch's steps on a
 * quiet machine that is 1.1 times (macro) to 1.6 times (recurrent, hidden 1000) as fast as not at all.
 */
const tuned = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: String(2 ** 40),
  MALLOC_TOP_PAD_: String(2 ** 26),
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
};

export const contenders = {
  eager: { title: 'PyTorch eager', side: 'eager', precision: 'fp32', python: true, env: {} },
  'tuned-fp32': {
    title: 'PyTorch tuned',
    side: 'tuned-fp32',
    precision: 'fp32',
    python: true,
    env: tuned,
  },
  tuned: {
    title: 'PyTorch tuned',
    side: 'tuned',
    precision: 'bf16',
    python: true,
    env: tuned,
  },
  'ours-fp32': { title: 'enas-torch', side: 'fp32', precision: 'fp32', python: false, env: {} },
  'ours-bf16': { title: 'enas-torch', side: 'bf16', precision: 'bf16', python: false, env: {} },
};

/** Those of a kind of case: a controller has one precision, small operators have nothing to tune. */
export const contendersOf = {
  step: Object.keys(contenders),
  reward: Object.keys(contenders),
  controller: ['eager', 'tuned-fp32', 'ours-fp32'],
  operators: ['eager', 'ours-fp32'],
};

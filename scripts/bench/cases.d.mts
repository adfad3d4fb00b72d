export interface Case {
  readonly kind: 'step' | 'reward' | 'controller' | 'operators';
  readonly title: string;
  readonly figure: string;
  readonly space?: string;
  readonly config?: object;
  readonly architectures?: string;
  readonly vocabulary?: number;
  readonly steps?: number;
  readonly timed: readonly unknown[];
  readonly eagerTimed?: number;
}

export const cases: Readonly<Record<string, Case>>;

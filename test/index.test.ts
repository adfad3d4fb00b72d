import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as api from '../src/index.ts';
import type * as torch from '../src/torch/index.ts';

const values = [
  ...['AbortError', 'EnasTorchError', 'RunDirectory', 'classify', 'classifyFiles', 'defineSpace'],
  ...['deriveFromRun', 'evaluate', 'evaluateModel', 'findSpace', 'generate', 'loadImages'],
  ...['loadModel', 'predict', 'readPrompt', 'readRunConfig', 'resolveConfig'],
  ...['sampleArchitectures', 'search', 'searchAndTrain', 'spaceNames', 'train'],
];

const types = [
  ...[
    'ArchOf',
    'BestOf',
    'ChildMeasured',
    'ChildReward',
    'Choices',
    'ClassProbability',
    'ClassScore',
    'ClassifyOptions',
  ],
  ...['ConfigSources', 'CountProgress', 'CustomSpace', 'Decision', 'DecisionOf', 'DeriveOptions'],
  ...['ErrorCode', 'EvaluateEvent', 'EvaluateOptions', 'Evaluated', 'Evaluation'],
  ...['FilePrediction', 'GenerateOptions', 'Graph', 'GraphNode', 'ImageDataset', 'ImageModel'],
  ...['Job', 'JobOptions', 'LoadModelOptions', 'LoadOptions', 'Model', 'Parameter'],
  ...['PredictEvent', 'PredictOptions', 'Prediction', 'Prompt', 'ResolvedConfig', 'Reward'],
  ...['RewardContext', 'RunEvent', 'RunJob', 'RunJobOptions', 'RunProgress', 'SampleOptions'],
  ...[
    'SearchAndTrainOptions',
    'SearchEvent',
    'SearchJobOptions',
    'SearchResult',
    'SearchSpaceOptions',
    'Space',
  ],
  ...['SpaceDefinition', 'SpaceEvent', 'SpaceSettings', 'SpaceSpec', 'Split', 'Task', 'TextModel'],
  ...['TrainEvent', 'TrainedResult'],
];

/** Names that a module of nothing but `export … from` statements exports, apart from its values. */
function exportedTypes(path: string): string[] {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8');
  const statements = text
    .replace(/\/\*.*?\*\//gs, '')
    .matchAll(/export (type )?\{([^}]*)\} from .*?;/gs);
  return [...statements].flatMap(([, all, names]) =>
    names!
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && (all !== undefined || name.startsWith('type ')))
      .map((name) => name.replace('type ', '')),
  );
}

/** What a function would return, which is not called. */
type Made<F extends () => unknown> = ReturnType<F>;

describe('the public surface', () => {
  it('is these values and types, and nothing else', () => {
    expect(Object.keys(api).sort()).toEqual(values.toSorted());
    expect(exportedTypes('../src/index.ts').sort()).toEqual(types.toSorted());
  });

  it('searches as a job of events, progress and a result', () => {
    const job = () => api.search({ space: 'macro', preset: 'quick' }, { out: 'run', resume: true });
    type Searched = Made<typeof job>;
    expectTypeOf<Searched>().toEqualTypeOf<api.RunJob<api.SearchResult>>();
    expectTypeOf<Searched>().toExtend<
      api.Job<api.SearchEvent, api.SearchResult, api.RunProgress>
    >();
    expectTypeOf<Searched>().toExtend<AsyncIterable<api.SearchEvent>>();
    expectTypeOf<Searched['run']>().toEqualTypeOf<string>();
    expectTypeOf<Searched['progress']>().toEqualTypeOf<api.RunProgress>();
    expectTypeOf<api.RunProgress['phase']>().toEqualTypeOf<
      'loading' | 'omega' | 'theta' | 'derive' | 'train' | 'done'
    >();
    expectTypeOf<api.SearchResult>().toExtend<{ run: string; arch: unknown; reward: number }>();
    expectTypeOf(api.search).toBeCallableWith();
    expectTypeOf(api.search).toBeCallableWith(api.resolveConfig(), {
      signal: new AbortController().signal,
      inProcess: true,
      heapMb: 100,
    });
    expectTypeOf<api.RunJobOptions>().toExtend<api.JobOptions>();
    // @ts-expect-error: no such option
    const wrong = () => api.search({}, { ouf: 'run' });
    expect(wrong).toThrow(/did you mean out/);
  });

  it('tells events apart by their type', () => {
    const read = (event: api.SearchEvent | api.TrainEvent) => {
      if (event.type === 'epoch:end') expectTypeOf(event.reward).toEqualTypeOf<number>();
      if (event.type === 'arch:scored') {
        expectTypeOf(event.phase).toEqualTypeOf<'theta' | 'derive'>();
      }
      if (event.type === 'data:decoding') expectTypeOf(event.done).toEqualTypeOf<number>();
      // @ts-expect-error: no such event
      return event.type === 'epoch:middle';
    };
    expectTypeOf(read).parameter(0).toExtend<api.RunEvent | { readonly type: 'data:decoding' }>();
    expectTypeOf<api.RunEvent>().toExtend<api.SearchEvent>();
  });

  it('trains, evaluates and predicts as jobs', () => {
    expectTypeOf(api.train).returns.toEqualTypeOf<api.RunJob<api.TrainedResult>>();
    expectTypeOf(api.train).parameter(0).toEqualTypeOf<api.ResolvedConfig | api.ConfigSources>();
    expectTypeOf(api.evaluate).returns.toEqualTypeOf<
      api.Job<api.EvaluateEvent, api.Evaluated, api.CountProgress>
    >();
    expectTypeOf(api.evaluate).parameter(1).toEqualTypeOf<api.EvaluateOptions | undefined>();
    expectTypeOf<api.Evaluated['evaluation']>().toEqualTypeOf<api.Evaluation>();
    expectTypeOf(api.predict).returns.toEqualTypeOf<
      api.Job<api.PredictEvent, api.Prediction[], api.CountProgress>
    >();
    expectTypeOf(api.predict).parameter(1).toEqualTypeOf<readonly string[]>();
    expectTypeOf(api.predict).parameter(2).toEqualTypeOf<api.PredictOptions | undefined>();
    const classesOf = (prediction: api.Prediction) =>
      'classes' in prediction ? prediction.classes : prediction.error.code;
    expectTypeOf(classesOf).returns.toEqualTypeOf<
      readonly api.ClassProbability[] | api.ErrorCode
    >();
    expectTypeOf<api.CountProgress>().toExtend<{ done: number; total: number | null }>();
  });

  it('types the architecture of a custom space by its decisions', async () => {
    const space = api.defineSpace({
      name: 'typed',
      decisions: {
        kernel: [3, 5],
        pool: ['average', 'maximum'],
        bias: [true, false],
        from: { input: ['kernel', 'pool'] },
        skips: { skips: ['kernel', 'pool'] },
      },
      reward: (arch, context) => {
        expectTypeOf(arch).toEqualTypeOf<Arch>();
        expectTypeOf(context).toEqualTypeOf<api.RewardContext>();
        return arch.kernel;
      },
    });
    interface Arch {
      readonly kernel: 3 | 5;
      readonly pool: 'average' | 'maximum';
      readonly bias: true | false;
      readonly from: 'kernel' | 'pool';
      readonly skips: readonly ('kernel' | 'pool')[];
    }
    expectTypeOf(space).toExtend<api.CustomSpace<Arch>>();
    const job = api.search(space, { samples: 4, batch: 2 });
    expectTypeOf(job).toExtend<
      api.Job<api.SpaceEvent<Arch>, api.BestOf<Arch>, api.CountProgress>
    >();
    const { arch, reward } = await job.result();
    expectTypeOf(arch).toExtend<Arch>();
    expectTypeOf(reward).toEqualTypeOf<number>();
    expect([3, 5]).toContain(arch.kernel);
    expectTypeOf<api.ArchOf<{ readonly a: readonly [1, 2] }>>().toEqualTypeOf<{
      readonly a: 1 | 2;
    }>();
    expectTypeOf<api.Reward<Arch>>().parameter(0).toEqualTypeOf<Arch>();
    expectTypeOf<api.SearchSpaceOptions>().toExtend<Partial<api.SpaceSettings>>();
    expectTypeOf<api.SpaceSpec<{ readonly a: readonly [1] }>['decisions']>().toExtend<
      Readonly<Record<string, api.DecisionOf>>
    >();
    const decisions = { a: [1] };
    // @ts-expect-error: a reward is a number
    const wrong = () => api.defineSpace({ name: 'wrong', decisions, reward: () => 'good' });
    void wrong;
  });

  it('loads models and uses them step by step', () => {
    expectTypeOf(api.loadModel).parameter(0).toEqualTypeOf<string>();
    expectTypeOf(api.loadModel).parameter(1).toEqualTypeOf<api.LoadModelOptions | undefined>();
    expectTypeOf(api.loadModel).returns.resolves.toEqualTypeOf<api.Model>();
    expectTypeOf<api.Model>().toEqualTypeOf<api.ImageModel | api.TextModel>();
    expectTypeOf(api.classify).parameter(0).toEqualTypeOf<api.Model>();
    expectTypeOf(api.classify).parameter(1).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(api.classify).parameter(2).toEqualTypeOf<api.ClassifyOptions | undefined>();
    expectTypeOf(api.classify).returns.toEqualTypeOf<api.ClassProbability[][]>();
    expectTypeOf(api.classifyFiles).returns.toEqualTypeOf<AsyncGenerator<api.FilePrediction>>();
    expectTypeOf(api.generate).parameter(1).toEqualTypeOf<api.GenerateOptions | undefined>();
    expectTypeOf(api.generate).returns.toEqualTypeOf<Generator<string>>();
    expectTypeOf(api.readPrompt).returns.toEqualTypeOf<api.Prompt>();
    expectTypeOf(api.evaluateModel).returns.resolves.toEqualTypeOf<api.Evaluation>();
    expectTypeOf<Extract<api.Evaluation, { accuracy: number }>['classes']>().toEqualTypeOf<
      readonly api.ClassScore[]
    >();
  });

  it('has configurations, data, runs and spaces as data', () => {
    expectTypeOf(api.resolveConfig).parameter(0).toEqualTypeOf<api.ConfigSources | undefined>();
    expectTypeOf(api.resolveConfig).returns.toEqualTypeOf<api.ResolvedConfig>();
    expectTypeOf(api.readRunConfig).returns.toEqualTypeOf<api.ResolvedConfig>();
    expectTypeOf(api.RunDirectory.create).returns.toEqualTypeOf<api.RunDirectory>();
    expectTypeOf(api.loadImages).parameter(1).toEqualTypeOf<api.LoadOptions | undefined>();
    expectTypeOf(api.loadImages).returns.resolves.toEqualTypeOf<api.ImageDataset>();
    expectTypeOf<api.ImageDataset['train']>().toEqualTypeOf<api.Split>();
    expectTypeOf(api.searchAndTrain).parameter(0).toEqualTypeOf<api.SearchAndTrainOptions>();
    expectTypeOf(api.deriveFromRun).parameter(1).toEqualTypeOf<api.DeriveOptions | undefined>();
    expectTypeOf(api.deriveFromRun).returns.toEqualTypeOf<AsyncGenerator<api.RunEvent>>();
    expectTypeOf(api.sampleArchitectures).parameter(0).toEqualTypeOf<api.SampleOptions>();
    expectTypeOf(api.spaceNames).toEqualTypeOf<readonly string[]>();
    expectTypeOf(api.findSpace).returns.toEqualTypeOf<api.SpaceDefinition>();
    expectTypeOf<api.Space['decisions']>().toEqualTypeOf<readonly api.Decision[]>();
    expectTypeOf<api.Space['decode']>().parameter(0).toEqualTypeOf<api.Choices>();
    expectTypeOf<api.Space['fixed']>().parameter(1).toEqualTypeOf<api.Task>();
    expectTypeOf<api.Space['fixed']>().returns.toEqualTypeOf<api.Graph>();
    expectTypeOf<api.Graph['nodes'][number]>().toEqualTypeOf<api.GraphNode>();
    expectTypeOf<api.Graph['parameters'][number]>().toEqualTypeOf<api.Parameter>();
  });

  it('throws errors with a code', () => {
    const error = new api.AbortError('stopped');
    expect(error).toBeInstanceOf(api.EnasTorchError);
    expectTypeOf(error).toExtend<api.EnasTorchError>();
    expectTypeOf(error.code).toEqualTypeOf<api.ErrorCode>();
  });
});

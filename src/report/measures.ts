import type { MinibatchScore, Speed, TestScore, ValidScore } from '../run/events.ts';
import { percent, rate } from './format.ts';

/** A figure with its name. */
export type Measure = readonly [name: string, value: string];

/** Images or tokens a second. */
export function speedOf(event: Speed): number {
  return 'imagesPerSecond' in event ? event.imagesPerSecond : event.tokensPerSecond;
}

/** What is counted by the second. */
export function unitOf(event: Speed): 'images' | 'tokens' {
  return 'imagesPerSecond' in event ? 'images' : 'tokens';
}

/** `412 images/s` */
export function speedText(event: Speed): string {
  return `${rate(speedOf(event))} ${unitOf(event)}/s`;
}

export function perplexityText(perplexity: number): string {
  return perplexity.toFixed(2);
}

/** `training accuracy 43.8 %`: of a minibatch. */
export function minibatchMeasure(event: MinibatchScore): Measure {
  return 'accuracy' in event
    ? ['minibatch accuracy', percent(event.accuracy)]
    : ['minibatch perplexity', perplexityText(event.perplexity)];
}

/** Over the whole validation split. */
export function validMeasure(event: ValidScore): Measure {
  return 'validAccuracy' in event
    ? ['validation accuracy', percent(event.validAccuracy)]
    : ['validation perplexity', perplexityText(event.validPerplexity)];
}

/** Over the whole test split. */
export function testMeasure(event: TestScore): Measure {
  return 'testAccuracy' in event
    ? ['test accuracy', percent(event.testAccuracy)]
    : ['test perplexity', perplexityText(event.testPerplexity)];
}

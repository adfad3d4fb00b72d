import { unexpected } from '../../errors/check.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import type { Graph, NodeId } from '../../graph/graph.ts';
import type { ImageTask } from '../space.ts';
import type { MicroArch } from './arch.ts';
import { auxiliaryHead, auxiliaryWindow } from './auxiliaryHead.ts';
import { cell } from './cell.ts';
import type { Style } from './style.ts';

/** Indices of the two reduction cells among the layers + 2 cells of a network. */
export function reductionCells(layers: number): readonly [number, number] {
  const third = Math.floor(layers / 3);
  return [third, 2 * third + 1];
}

/**
 * A network of the micro space (Pham et al. 2018, section 2.4): stem, a stack of normal cells with two
 * reduction cells at a third and two thirds, where the channels double, and a linear classifier on the
 * average of each channel.
 */
export function network(arch: MicroArch, task: ImageTask, style: Style): Graph {
  checkSize(task, style);
  const g = new GraphBuilder();
  const [firstReduction, secondReduction] = reductionCells(style.layers);
  const image = g.input([task.channels, task.height, task.width], { name: 'image' });

  let channels = style.filters;
  let last = stem(g, image, style);
  let before = last;
  let auxiliary: NodeId | undefined;
  for (let index = 0; index < style.layers + 2; index++) {
    const reduces = index === firstReduction || index === secondReduction;
    if (reduces) channels *= 2;
    const blocks = reduces ? arch.reduce : arch.normal;
    const place = { index, reduces, channels };
    const output = g.scope(`cell${index}`, () => cell(g, blocks, [before, last], place, style));
    if (style.auxiliary && index === secondReduction + 1) {
      auxiliary = auxiliaryHead(g, output, task.classes);
    }
    [before, last] = [last, output];
  }

  const average = g.globalAvgPool(g.relu(last, { name: 'relu' }));
  const features = g.dropout(average, { name: 'dropout', p: 1 - style.keepProb });
  const logits = g.linear(features, { name: 'linear', out: task.classes, bias: false });
  return g.build({ logits, ...(auxiliary !== undefined && { auxiliary }) });
}

/** conv 3×3 to three times the channels – batch norm. */
function stem(g: GraphBuilder, image: NodeId, { filters, statistics }: Style): NodeId {
  return g.scope('stem', () => {
    const x = g.conv2d(image, { name: 'conv', out: 3 * filters, kernel: 3 });
    return g.batchNorm(x, { name: 'bn', statistics });
  });
}

/** Height and width must be such that both reductions reduce, and the auxiliary head's window fits. */
function checkSize({ height, width }: ImageTask, { auxiliary }: Style): void {
  const refuse = (side: number, purpose: string, remedy: string) => {
    if (Math.min(height, width) >= side) return;
    const expected = `images of at least ${side}×${side} pixels, ${purpose}`;
    throw unexpected('micro network', expected, `${height}×${width}`, remedy);
  };
  refuse(3, 'which two reductions halve twice', 'give larger images');
  // A side of n pixels is ⌈⌈n/2⌉/2⌉ after two reductions.
  const side = 4 * (auxiliaryWindow - 1) + 1;
  if (auxiliary) refuse(side, 'for its auxiliary head', 'set fixed.auxiliary to false');
}

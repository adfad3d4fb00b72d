/** What to do about a number of items that would be right for another number of blocks, if it is one. */
export function otherBlocks(items: number, perBlock: number): string {
  const blocks = items / perBlock;
  return items > 0 && Number.isInteger(blocks)
    ? `; ${blocks === 1 ? 'this is 1 block' : `these are ${blocks} blocks`}: set blocks to ${blocks}`
    : '';
}

/** The authors' published cells, in their format: the normal cell, then the reduction cell. */
export const publishedMicro = `
0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1
1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1
`.trimStart();

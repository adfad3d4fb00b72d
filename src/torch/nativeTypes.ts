/** A tensor as the addon knows it: a slot number and the slot's generation in one double. */
export type Handle = number;

export type Sizes = readonly number[];
export type Unary = (input: Handle) => Handle;

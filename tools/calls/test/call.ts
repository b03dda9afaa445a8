/** A good call, made anew whenever it is to be done: methods change their tensors, and steps their parameters. */
export interface Call {
  /** Where the function is found: `Tensor`, `core`, `nn`, ... */
  readonly group: string
  /** What it is called, and what an error must begin with. */
  readonly name: string
  readonly make: () => { readonly args: readonly unknown[]; readonly call: (...args: unknown[]) => unknown }
}

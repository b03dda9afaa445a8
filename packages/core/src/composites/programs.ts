/** Programs from outside, held to the composites of core. */
import type { Program } from '../contract/contract.ts'
import { fromJSONWith } from '../ir/json.ts'
import { verifyWith } from '../ir/verify.ts'
import { composites } from './index.ts'

/**
 * Throws an OptionError that names the node where a program does not keep the rules of the contract: values are defined before
 * they are used, types are what `infer` says, what is donated fits, and what stands under the name of a composite of core is
 * that, by its attributes, its operands and its body.
 */
export const verify = (program: Program): void => verifyWith(composites, program)

/**
 * The program that `toJSON` wrote, verified. Its composites of core are run and differentiated as if they were written here;
 * those of others by their bodies. Throws an OptionError that says where in `value` what is wrong.
 */
export const fromJSON = (value: unknown): Program => fromJSONWith(composites, value)

/** The command line of `npm start`. A wrong argument ends the program with a message that says what is wanted. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { LEARNING_RATES, MODELS, type Model } from './digits/learning-rates.ts'

export const BACKENDS = ['cpu', 'wasm', 'webgpu'] as const
export type BackendName = (typeof BACKENDS)[number]

export interface DigitsOptions {
  readonly model: Model
  readonly backend: BackendName
  readonly epochs: number
  readonly batchSize: number
  /** Default: that of the model in LEARNING_RATES. */
  readonly lr?: number
  readonly momentum: number
  readonly seed: number
  /** The folder for the loss curve and the weights. */
  readonly out: string
}

function whole(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function positive(text: string): number {
  const number = whole(text)
  if (number === 0) throw new InvalidArgumentError('It must be at least 1.')
  return number
}

function rate(text: string): number {
  const number = text.trim() === '' ? NaN : Number(text)
  if (!(number >= 0 && number < Infinity)) throw new InvalidArgumentError('It must be a number, zero or more.')
  return number
}

const program = (): Command =>
  new Command('npm start --')
    .description('Trains a classifier of handwritten digits; before that, the smallest program in three seeds.')
    .addOption(new Option('-m, --model <name>', 'the network to train').choices(MODELS).default('mlp'))
    .addOption(new Option('-b, --backend <name>', 'where to run').choices(BACKENDS).default('cpu'))
    .option('-e, --epochs <number>', 'how often to go through the training digits', positive, 5)
    .option('--batch-size <number>', 'digits in one step', positive, 64)
    .option(
      '--lr <number>',
      `learning rate (default: ${LEARNING_RATES.mlp} for the mlp, ${LEARNING_RATES.cnn} for the cnn)`,
      rate,
    )
    .option('--momentum <number>', 'momentum of SGD', rate, 0.9)
    .option('-s, --seed <number>', 'seed of the split, the weights and the shuffling', whole, 0)
    .option('-o, --out <folder>', 'where the loss curve and the weights go', 'out')

/** Arguments as the user wrote them, without `node` and the script. `quiet` throws instead of ending the process. */
export function parseArguments(words: readonly string[], { quiet = false }: { quiet?: boolean } = {}): DigitsOptions {
  const command = program().allowExcessArguments(false)
  if (quiet) command.exitOverride().configureOutput({ writeErr() {}, writeOut() {} })
  return command.parse(words, { from: 'user' }).opts<DigitsOptions>()
}

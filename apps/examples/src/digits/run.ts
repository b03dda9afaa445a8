/**
 * The digits program around its training: loads the digits, shows progress, reports the accuracy, and writes the loss
 * curve and the weights. The training itself is a parameter, so that this file knows nothing of the engine.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DigitsOptions } from '../arguments.ts'
import { lossCurve, type Point } from '../loss-curve.ts'
import { progress, type Output, type Extent, type Progress } from '../progress.ts'
import { loadDigits } from './data.ts'
import type { Digits } from './digits.ts'

export interface TrainingRun {
  /** Loss of every batch at its step, counted from 1. */
  readonly losses: readonly Point[]
  /** Test loss after each epoch, at the step it was measured. */
  readonly testLosses: readonly Point[]
  /** Share of the test digits named rightly, from 0 to 1. */
  readonly accuracy: number
  readonly trainCount: number
  readonly testCount: number
  /** The trained weights as a safetensors file. */
  readonly weights: Uint8Array
}

/** What the training itself is told. */
export type TrainingOptions = Omit<DigitsOptions, 'backend' | 'out'>

/** Splits the digits, trains and tests. It opens the progress itself, because it knows how many batches there are. */
export type TrainDigits = (
  digits: Digits,
  options: TrainingOptions,
  showProgress: (plan: Extent) => Progress,
) => Promise<TrainingRun>

const count = new Intl.NumberFormat('en-US')

export async function runDigits(
  options: DigitsOptions,
  trainDigits: TrainDigits | undefined,
  output: Output = process.stdout,
): Promise<void> {
  const say = (text: string): unknown => output.write(`${text}\n`)
  const digits = await loadDigits()
  say(`${count.format(digits.count)} handwritten digits`)
  if (!trainDigits) return

  const started = performance.now()
  let shown: Progress | undefined
  const training = trainDigits(digits, options, (plan) => (shown = progress(plan, output)))
  const run = await training.finally(() => shown?.stop())
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const accuracy = `${(run.accuracy * 100).toFixed(2)} %`
  say(`Test accuracy: ${accuracy} of ${count.format(run.testCount)} digits, trained in ${seconds} s`)

  const drawing = lossCurve(
    [
      { name: 'train', points: run.losses },
      { name: 'test', points: run.testLosses, smooth: false },
    ],
    {
      title: `Handwritten digits (${options.model})`,
      subtitle: `${count.format(run.trainCount)} digits to train, ${count.format(run.testCount)} to test; accuracy ${accuracy}`,
      xLabel: `step (batches of ${options.batchSize})`,
      yLabel: 'cross-entropy',
    },
  )
  await mkdir(options.out, { recursive: true })
  const files = { 'loss.svg': drawing, [`${options.model}.safetensors`]: run.weights }
  for (const [name, content] of Object.entries(files)) {
    const path = join(options.out, name)
    await writeFile(path, content)
    say(`Saved ${path}`)
  }
}

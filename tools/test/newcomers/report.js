import { writeFile } from 'node:fs/promises'

/** Writes the weights into files, and all else as a line. */
export async function report(outcomes) {
  for (const { backend, weights } of outcomes) await writeFile(`${backend}.safetensors`, weights)
  console.log(JSON.stringify(outcomes.map(({ backend, threads, accuracies }) => ({ backend, threads, accuracies }))))
}

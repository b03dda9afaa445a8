/** What is done to many parameters at once: `nn.utils`. */
export { clipGradNorm_, clipGradValue_, type ClipNormOptions } from './clip.ts'
export { parametersToVector, vectorToParameters } from './vector.ts'

/** Every model with the learning rate that suits it. */
export const LEARNING_RATES = { mlp: 0.1, cnn: 0.05 } as const
export const MODELS: readonly Model[] = ['mlp', 'cnn']
export type Model = keyof typeof LEARNING_RATES

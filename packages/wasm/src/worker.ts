/** A thread as a file of its own, for pages: bundlers know it by its URL, and policies allow it where it has their origin. */
import { serve, type Port } from './serve.ts'

serve(globalThis as unknown as Port)

/** What ONNX Runtime cannot do: cases by pattern, with the reason. */
const ADDS = "ONNX Runtime's Where adds its two branches, one of them zeroed, so that -0 becomes 0"

const LONG = 'its running sums in single precision lose digits with their length'
const TAPS = 'a window is a node of the graph per element, and has 4,096 at most'

/** In either of its builds. */
export const known = {
  '*/where/float32/*/signed zeros': ADDS,
  '*/sign/float32/*/signed zeros': `Sign gives 0 for -0, and ${ADDS}`,
  '*/expm1/float32/*/signed zeros': ADDS,
  '*/log1p/float32/*/signed zeros': ADDS,
  '*/tanh/float32/*/subnormals': 'Tanh is a rational approximation, 29 ulp off among subnormals',
  '*/sort/float32/[8]/*NaN is greatest': 'TopK leaves open where NaN goes',
  '*: an error has the words of the node': 'ONNX Runtime says in its own words that an index is out of bounds',
  '*/prod/int32/[40,3]/axes [0], whole range': 'ReduceProd over the first axis loses what wraps, also in int64',
  '*/tanh/float32/*/every size': 'Tanh is a rational approximation, 29 ulp off among subnormals',
  'eager/sum/float32/*/*long sums': LONG,
  'eager/cumsum/float32/*/*long sums': LONG,
  'eager/dot/float32/[1,131072]x[131072,1]/, long sums': LONG,
  'eager/conv/float32/[1,2,131073]x[2,1,131072]/*long sums': LONG,
  'eager/conv/float32/[1,128,2049]x[2,64,2048]/*long sums': LONG,
  'eager/windowSum/float32/*/*long sums': TAPS,
}
/** Its native build, which Node takes. */
export const knownInNode = {
  ...known,
  'eager/dot/float32/[1,131072]x[1,131072]/*long sums': LONG,
  'eager/dot/float32/[131072,1]x[131072,1]/*long sums': LONG,
  'eager/conv/float32/[1,2,65536]x[2,2,65536]/*long sums': LONG,
}
/** Its build for browsers. */
export const knownInPages = {
  ...known,
  'eager/conv/float32/[1,2,8222]x[2,1,8192]/*long sums': LONG,
}

/** What ONNX Runtime cannot do: cases by pattern, with the reason. */
const ADDS = "ONNX Runtime's Where adds its two branches, one of them zeroed, so that -0 becomes 0"

const NAN = 'TopK leaves open where NaN goes'
const LONG = 'its running sums in single precision lose digits with their length'
const TAPS = 'a window is a node of the graph per element, and has 4,096 at most'

const WRAPS = 'ReduceProd loses what wraps, also in int64'
/** Products of int32 that wrap. */
const WRAPPING = [
  '[255]/axes [0], long',
  '[256]/axes [0], long',
  '[257]/axes [0], long',
  '[1023]/axes [0], long',
  '[1025]/axes [0], long',
  '[262151]/axes [0], long',
  '[2,5003]/axes [1], long',
  '[5003,3]/axes [0], long',
  '[3,1500,7]/axes [1], long',
  '[2,30011,2]/axes [1], long',
  '[40,300]/axes [1], long',
  '[300,40]/axes [0], long',
  '[300,40]/axes [0,1], long',
  '[7,50,60]/axes [0,2], long',
  '[3,20,30,20]/axes [0,2,3], long',
  '[6,35]/axes *, beyond 2^24',
]

/** In either of its builds. */
export const known = {
  ...Object.fromEntries(WRAPPING.map((what) => [`*/prod/int32/${what}`, WRAPS])),
  '*/sort/float32/*/descending axis *, NaN and infinities in a long line': NAN,
  '*/sort/float32/*/descending axis *, one late NaN in a long line': NAN,
  '*/sort/float32/*only infinities and NaN in a long line': NAN,
  '*/sort/float32/[1500]/axis 0, NaN and infinities in a long line': NAN,
  '*/sort/float32/[*,*]/axis *, NaN and infinities in a long line': NAN,
  '*/where/float32/*/signed zeros': ADDS,
  '*/sign/float32/*/signed zeros': `Sign gives 0 for -0, and ${ADDS}`,
  '*/expm1/float32/*/signed zeros': ADDS,
  '*/log1p/float32/*/signed zeros': ADDS,
  '*/tanh/float32/*/subnormals': 'Tanh is a rational approximation, 29 ulp off among subnormals',
  '*/sort/float32/[8]/*NaN is greatest': NAN,
  '*: index * is an error in the words of the node':
    'ONNX Runtime says in its own words that an index is out of bounds',
  '*: an error has the words of the node': 'ONNX Runtime says in its own words that an index is out of bounds',
  '*/prod/int32/[40,3]/axes [0], whole range': 'ReduceProd over the first axis loses what wraps, also in int64',
  '*/tanh/float32/*/every size': 'Tanh is a rational approximation, 29 ulp off among subnormals',
  '*/tanh/float32/*/finite, every size': 'Tanh is a rational approximation, 103 ulp off where numbers are smallest',
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
  '*/sort/float32/[*,*]/axis *, one late NaN in a long line': NAN,
  'eager/dot/float32/[1,131072]x[1,131072]/*long sums': LONG,
  'eager/dot/float32/[131072,1]x[131072,1]/*long sums': LONG,
  'eager/conv/float32/[1,2,65536]x[2,2,65536]/*long sums': LONG,
}
/** Its build for browsers. */
export const knownInPages = {
  ...known,
  '*/sort/float32/[300]/axis 0, NaN and infinities in a long line': NAN,
  '*/sort/float32/[300]/axis 0, one late NaN in a long line': NAN,
  '*/sort/float32/[1500]/axis 0, one late NaN in a long line': NAN,
  '*/sort/float32/[2,600]/axis 1, one late NaN in a long line': NAN,
  'eager/conv/float32/[1,2,8222]x[2,1,8192]/*long sums': LONG,
}

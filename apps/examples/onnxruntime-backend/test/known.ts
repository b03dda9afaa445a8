/** What ONNX Runtime cannot do, in either of its builds: cases by pattern, with the reason. */
const ADDS = "ONNX Runtime's Where adds its two branches, one of them zeroed, so that -0 becomes 0"

export const known = {
  '*/where/float32/*/signed zeros': ADDS,
  '*/sign/float32/*/signed zeros': `Sign gives 0 for -0, and ${ADDS}`,
  '*/expm1/float32/*/signed zeros': ADDS,
  '*/log1p/float32/*/signed zeros': ADDS,
  '*/tanh/float32/*/subnormals': 'Tanh is a rational approximation, 29 ulp off among subnormals',
  '*/sort/float32/[8]/*NaN is greatest': 'TopK leaves open where NaN goes',
  '*/an error has the words of the node': 'ONNX Runtime says in its own words that an index is out of bounds',
  '*/prod/int32/[40,3]/axes [0], whole range': 'ReduceProd over the first axis loses what wraps, also in int64',
}

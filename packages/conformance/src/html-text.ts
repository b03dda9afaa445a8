/** Text in a page. */

export const escape = (source: string): string =>
  source.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
/** The parts of a detail, one below the other. */
export const text = (detail: string): string => detail.split(' | ').map(escape).join('<br>')

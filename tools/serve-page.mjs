/** `npm run page`: installs, and serves the page that trains the digits; vite says where. From the sources, so nothing is built. */
import { join } from 'node:path'
import { foreground } from './foreground.mjs'
import { install, root } from './install.mjs'

install()

const examples = join(root, 'apps/examples')
process.exit(await foreground(['node_modules/vite/bin/vite.js', 'page', ...process.argv.slice(2)], examples))

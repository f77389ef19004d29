// How a wave is called: in a definition, in a log, and by who approves it.
import * as z from 'zod'

export const WaveName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'use lower-case letters, digits and -, at most 40')

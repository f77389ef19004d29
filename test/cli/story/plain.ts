// Lines as a pipe gets them.
import { type Lines, shown } from '../../../cli/backend/screen.ts'

export const plain = (lines: Lines): string => shown(lines)

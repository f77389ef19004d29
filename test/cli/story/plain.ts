// Lines as a pipe gets them.
import { shown } from '../../../cli/backend/screen.ts'

export const plain = (lines: Parameters<typeof shown>[0]): string => shown(lines)

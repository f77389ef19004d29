import { checkTemplateWithoutCdk } from './template.ts'
await checkTemplateWithoutCdk((name, holds, detail) =>
  console.log(holds ? 'ok    ' : 'FAILED', name, holds ? '' : detail),
)

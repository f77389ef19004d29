// The stand-alone CDK app, for teams without a CDK app of their own: one controller for every definition in services/ (or in the
// folder of the context value `services`).
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { readYaml } from '../cli/backend/text-file.ts'
import { ReleaseController } from './controller.ts'

const app = new App()
const folder = (app.node.tryGetContext('services') as string | undefined) ?? 'services'
const files = readdirSync(folder).filter((name) => /\.(ya?ml|json)$/.test(name))
// Read in the same way as by `tidegate apply`.
const services = await Promise.all(files.sort().map((name) => readYaml(join(folder, name), 'definition_invalid')))
const stack = new Stack(app, 'Tidegate', { description: 'Tidegate: the release controller' })
new ReleaseController(stack, 'Controller', { services })
app.synth()

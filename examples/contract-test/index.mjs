// A hook that runs before the first traffic: invokes the candidate with what each consumer asks, at 0 % of the traffic, and
// verifies what it answers. The contract lies beside it in the package; a pipeline puts it there. The AWS SDK is part of Lambda's
// Node runtime.
import { readFileSync } from 'node:fs'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { verified } from './verify.mjs'

const lambda = new LambdaClient({})
const contract = JSON.parse(readFileSync(new URL('web-checkout.json', import.meta.url), 'utf8'))

async function invoke(FunctionName, Qualifier, event) {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(event) }),
  )
  return FunctionError ? { statusCode: 500 } : JSON.parse(new TextDecoder().decode(Payload))
}

export const handler = ({ targets }) => verified(contract, targets, invoke)

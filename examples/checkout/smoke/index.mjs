// The smoke test of checkout: invokes the candidate directly, at 0 % of the traffic, to price a plain cart. The controller passes
// the version; the test answers pass or fail. The AWS SDK is part of Lambda's Node runtime.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'

const lambda = new LambdaClient({})
const cart = JSON.stringify({ cart: [{ cents: 1250, count: 2 }] })

export const handler = async ({ targets }) => {
  for (const target of targets) {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: target.function, Qualifier: target.candidate, Payload: cart }),
    )
    const answer = JSON.parse(new TextDecoder().decode(Payload))
    if (FunctionError) return { result: 'fail', message: `version ${target.candidate} throws: ${answer.errorMessage}` }
    if (answer.total < 2500) return { result: 'fail', message: `version ${target.candidate} computes ${answer.total}` }
  }
  return { result: 'pass', message: 'a plain cart was priced right' }
}

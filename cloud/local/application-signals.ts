// CloudWatch Application Signals, only its budget reports (docs/aws.md §2.6). A report returns what `setReport` set.
import { AwsError, isAwsError, notImplemented } from './protocol/aws-error.ts'
import { parseJson } from './protocol/json-body.ts'
import { account, defaultRegion, type LocalService } from './protocol/service.ts'

type Report = Readonly<Record<string, unknown>>

export type LocalApplicationSignals = LocalService & {
  /** @param report the API's fields of a budget report, without Name and Arn */
  setReport(name: string, report: Report): void
}

/** Maps the path of a request to its operation. */
export const signalsOperations: Readonly<Record<string, string>> = {
  'POST /budget-report': 'BatchGetServiceLevelObjectiveBudgetReport',
}
const sloArn = (idOrArn: string): string =>
  idOrArn.startsWith('arn:') ? idOrArn : `arn:aws:application-signals:${defaultRegion}:${account}:slo/${idOrArn}`

export function localApplicationSignals(): LocalApplicationSignals {
  const reports = new Map<string, Report>()

  function budgetReports({ SloIds, Timestamp }: Report): Report {
    if (!Array.isArray(SloIds) || SloIds.length === 0 || SloIds.length > 50 || typeof Timestamp !== 'number')
      throw new AwsError('ValidationException', 'Between 1 and 50 SLO ids and a timestamp are wanted')
    const answers = SloIds.map((id) => {
      const Arn = sloArn(String(id))
      const names = { Arn, Name: Arn.split(':slo/')[1] ?? '' }
      return { names, report: reports.get(Arn) }
    })
    const missing = { ErrorCode: 'ResourceNotFoundException', ErrorMessage: 'The SLO does not exist' }
    return {
      Timestamp,
      Reports: answers.flatMap(({ names, report }) => (report === undefined ? [] : [{ ...names, ...report }])),
      Errors: answers.flatMap(({ names, report }) => (report === undefined ? [{ ...names, ...missing }] : [])),
    }
  }

  return {
    setReport(name, report) {
      reports.set(sloArn(name), report)
    },
    handle(request) {
      const headers = { 'content-type': 'application/json' }
      try {
        const operation = signalsOperations[`${request.method} ${request.path}`]
        if (operation === undefined) throw notImplemented(`Application Signals ${request.method} ${request.path}`)
        return Promise.resolve({ status: 200, headers, body: JSON.stringify(budgetReports(parseJson(request))) })
      } catch (error) {
        if (!isAwsError(error)) throw error
        const { code, status, message } = error
        const body = JSON.stringify({ message, Message: message })
        return Promise.resolve({ status, headers: { ...headers, 'x-amzn-errortype': code }, body })
      }
    },
  }
}

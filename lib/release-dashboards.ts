// CloudWatch dashboards, for whoever asks for them: one for who decides, one for who is on call, one for who looks for a cause.
// Their custom widgets call a function of the controller that may only read.
import { Duration, Stack } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { Service } from '../core/service/service.ts'
import type { Environment } from '../functions/environment.ts'
import { controllerFunction, type ForAnyService, type Resources } from './controller-functions.ts'
import { debug, functionChoice } from './dashboards/debug.ts'
import { executive } from './dashboards/executive.ts'
import { onCall } from './dashboards/on-call.ts'
import type { Row, Shown } from './dashboards/panel.ts'

type Installed = {
  readonly controller: string
  readonly services: readonly Service[]
  readonly environment: Environment
  readonly resources: Resources
  readonly forAny?: ForAnyService | undefined
}

export class ReleaseDashboards extends Construct {
  readonly executive: cloudwatch.Dashboard
  readonly onCall: cloudwatch.Dashboard
  readonly debug: cloudwatch.Dashboard
  /** What the custom widgets call. */
  readonly function: lambda.Function

  constructor(scope: Construct, id: string, { controller, services, environment, resources, forAny }: Installed) {
    super(scope, id)
    const { fn } = controllerFunction(this, { verb: 'widget', controller, environment, resources, forAny })
    this.function = fn
    const shown: Shown = { scope: this, controller, services, widget: fn }
    // Dashboards of all regions have one list of names.
    const named = (what: string): string => `${controller}-${Stack.of(this).region}-${what}`
    this.executive = this.dashboard('Executive', named('executive'), executive(shown), { back: Duration.days(28) })
    this.onCall = this.dashboard('OnCall', named('on-call'), onCall(shown), { back: Duration.hours(3) })
    const choice = functionChoice(shown)
    this.debug = this.dashboard('Debug', named('debug'), debug(shown), {
      back: Duration.hours(3),
      variables: choice === undefined ? [] : [choice],
    })
  }

  /**
   * The right to look at the dashboards: their metrics, alarms and logs, and to call the function of the custom widgets. Whoever
   * shares a dashboard with people without an account shares what the widgets show.
   */
  grantView(grantee: iam.IGrantable): iam.Grant {
    const dashboards = [this.executive, this.onCall, this.debug].map(({ dashboardArn }) => dashboardArn)
    return iam.Grant.addToPrincipal({ grantee, actions: ['cloudwatch:GetDashboard'], resourceArns: dashboards })
      .combine(
        iam.Grant.addToPrincipal({
          grantee,
          // AWS takes no resource for the first two.
          actions: ['cloudwatch:ListDashboards', 'cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'],
          resourceArns: ['*'],
        }),
      )
      .combine(
        iam.Grant.addToPrincipal({
          grantee,
          actions: ['lambda:InvokeFunction'],
          resourceArns: [this.function.functionArn],
        }),
      )
  }

  private dashboard(
    id: string,
    dashboardName: string,
    rows: readonly Row[],
    { back, variables = [] }: { readonly back: Duration; readonly variables?: cloudwatch.IVariable[] },
  ): cloudwatch.Dashboard {
    return new cloudwatch.Dashboard(this, id, {
      ...{ dashboardName, defaultInterval: back, variables },
      periodOverride: cloudwatch.PeriodOverride.INHERIT,
      widgets: rows.map((row) => [...row]),
    })
  }
}

"""The embedded cloud through boto3: prints one line for each check, starting with `ok` or `FAILED`."""
import datetime
import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(name):
    return boto3.client(name, config=Config(retries={"max_attempts": 1}))


def line(name, holds):
    print("ok" if holds else "FAILED", name)


functions = client("lambda")
alias = functions.get_alias(FunctionName="checkout", Name="live")
line("get_alias", alias["FunctionVersion"] == "2")
try:
    functions.update_alias(FunctionName="checkout", Name="live", FunctionVersion="2", RevisionId="stale")
    line("update_alias with a stale revision is refused", False)
except ClientError as error:
    line("update_alias with a stale revision is refused", error.response["Error"]["Code"] == "PreconditionFailedException")
answer = functions.invoke(
    FunctionName="checkout", Qualifier="live", Payload=json.dumps({"cart": [{"cents": 5, "count": 3}]})
)
line("invoke through the alias", json.load(answer["Payload"])["total"] == 15 and answer["ExecutedVersion"] == "2")

line("get_caller_identity", client("sts").get_caller_identity()["Account"] == "000000000000")
names = [fn["FunctionName"] for page in functions.get_paginator("list_functions").paginate() for fn in page["Functions"]]
line("list_functions", "checkout" in names and "tidegate-intake" in names)

store = client("s3")
store.put_object(Bucket="artifacts", Key="boto3/a & b.txt", Body=b"a package")
pages = store.get_paginator("list_objects_v2").paginate(Bucket="artifacts", Prefix="boto3/")
line("list_objects_v2", [item["Key"] for page in pages for item in page["Contents"]] == ["boto3/a & b.txt"])
line("list_buckets", "artifacts" in [bucket["Name"] for bucket in store.list_buckets()["Buckets"]])
line("head_object", store.head_object(Bucket="artifacts", Key="boto3/a & b.txt")["ContentLength"] == 9)
try:
    store.get_object(Bucket="artifacts", Key="nothing")
    line("get_object of nothing is refused", False)
except ClientError as error:
    line("get_object of nothing is refused", error.response["Error"]["Code"] == "NoSuchKey")

cloudwatch = client("cloudwatch")
try:
    cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[{"MetricName": "Errors", "Value": 1}])
    line("put_metric_data of AWS is refused", False)
except ClientError as error:
    line("put_metric_data of AWS is refused", error.response["Error"]["Code"] == "InvalidParameterValue")
cloudwatch.put_metric_data(
    Namespace="Shop", MetricData=[{"MetricName": "Visits", "Value": 7, "Dimensions": [{"Name": "Shop", "Value": "south"}]}]
)
metrics = cloudwatch.list_metrics(Namespace="Shop")["Metrics"]
line("put_metric_data", any(metric["MetricName"] == "Visits" for metric in metrics))
alarms = cloudwatch.describe_alarms(AlarmNames=["checkout-errors"])["MetricAlarms"]
line("describe_alarms", alarms[0]["StateValue"] in ("OK", "ALARM") and alarms[0]["StateTransitionedTimestamp"] is not None)
now = datetime.datetime.now(datetime.timezone.utc)
data = cloudwatch.get_metric_data(
    StartTime=now - datetime.timedelta(days=1),
    EndTime=now + datetime.timedelta(days=1),
    MetricDataQueries=[
        {
            "Id": "invocations",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": "Invocations",
                    "Dimensions": [{"Name": "FunctionName", "Value": "checkout"}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
    ],
)["MetricDataResults"][0]
line("get_metric_data", data["StatusCode"] == "Complete" and sum(data["Values"]) > 100)

steps = client("stepfunctions")
machine = steps.list_state_machines()["stateMachines"][0]["stateMachineArn"]
started = steps.start_execution(
    stateMachineArn=machine, name="boto3-1", input=json.dumps({"service": "checkout", "version": "2"})
)
described = steps.describe_execution(executionArn=started["executionArn"])
line("start_execution and describe_execution", described["status"] in ("RUNNING", "SUCCEEDED"))

table = client("dynamodb")
items = table.query(
    TableName="tidegate",
    KeyConditionExpression="pk = :pk",
    ExpressionAttributeValues={":pk": {"S": "HISTORY#checkout"}},
)["Items"]
line("dynamodb query", len(items) >= 2)

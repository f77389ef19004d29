output "table" {
  description = "TIDEGATE_TABLE of the command line."
  value       = aws_cloudformation_stack.tidegate.outputs["TableName"]
}

output "api" {
  description = "TIDEGATE_API of the command line."
  value       = aws_cloudformation_stack.tidegate.outputs["Api"]
}

output "pages_topic_arn" {
  description = "Pages: subscribe whoever is on call."
  value       = aws_cloudformation_stack.tidegate.outputs["PagesTopicArn"]
}

output "tickets_topic_arn" {
  description = "Tickets: subscribe whoever reads them in the morning."
  value       = aws_cloudformation_stack.tidegate.outputs["TicketsTopicArn"]
}

output "policies" {
  description = "ARNs of policies, to attach to the roles of people and pipelines."
  value = {
    viewer   = aws_cloudformation_stack.tidegate.outputs["ViewerPolicyArn"]
    pipeline = aws_cloudformation_stack.tidegate.outputs["PipelinePolicyArn"]
    on_call  = aws_cloudformation_stack.tidegate.outputs["OnCallPolicyArn"]
    approver = aws_cloudformation_stack.tidegate.outputs["ApproverPolicyArn"]
    definer  = aws_cloudformation_stack.tidegate.outputs["DefinerPolicyArn"]
  }
}

output "chat_topic_arn" {
  description = "For a channel that you configure yourself in Amazon Q Developer. Null without a chat."
  value       = try(aws_cloudformation_stack.tidegate.outputs["ChatTopicArn"], null)
}

output "put_back_from_chat_policy_arn" {
  description = "For the role of such a channel: a button that puts traffic back, and nothing else. Null without chat_put_back."
  value       = try(aws_cloudformation_stack.tidegate.outputs["PutBackFromChatPolicyArn"], null)
}

output "log_copy_bucket" {
  description = "tidegate log RELEASE --verify --copy BUCKET. Null without a copy."
  value       = try(aws_cloudformation_stack.tidegate.outputs["LogCopyBucket"], null)
}

output "log_copy_policy_arn" {
  description = "For who compares release logs with their copy. Null without a copy."
  value       = try(aws_cloudformation_stack.tidegate.outputs["LogCopyPolicyArn"], null)
}

output "dashboards_policy_arn" {
  description = "For who looks at the dashboards. Null without dashboards."
  value       = try(aws_cloudformation_stack.tidegate.outputs["DashboardsPolicyArn"], null)
}

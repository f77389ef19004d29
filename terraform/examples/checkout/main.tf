# A function whose alias Tidegate moves: Terraform publishes versions, and leaves the alias where it is.

module "tidegate" {
  source      = "../.."
  files       = "${path.module}/tidegate"
  bucket      = var.bucket
  pages_email = "on-call@example.com"
}

variable "bucket" {
  description = "A bucket for the files of Tidegate."
  type        = string
}

variable "role_arn" {
  description = "The role that the function runs as."
  type        = string
}

resource "aws_lambda_function" "checkout" {
  function_name    = "checkout"
  role             = var.role_arn
  runtime          = "nodejs22.x" # nodejs24.x with version 6.19 of the provider, or later
  handler          = "index.handler"
  filename         = "${path.module}/checkout.zip"
  source_code_hash = filebase64sha256("${path.module}/checkout.zip")
  publish          = true
  # The controller may touch functions with this tag alone.
  tags = { tidegate = "tidegate" }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.checkout.function_name
  function_version = aws_lambda_function.checkout.version

  # Made once. From then on Tidegate says which versions it has, and how much of each.
  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

# Whatever calls the function names the alias.
resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.checkout.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
}

# The pipeline goes on with: tidegate release checkout --version "$(terraform output -raw version)" --watch
output "version" {
  value = aws_lambda_function.checkout.version
}

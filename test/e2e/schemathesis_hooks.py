# Signs the requests that schemathesis makes, as the AWS SDK for Python would (Signature Version 4).
import os

import botocore.session
import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

credentials = botocore.session.Session(profile=os.environ["AWS_PROFILE"]).get_credentials()
signer = SigV4Auth(credentials, "execute-api", os.environ["AWS_REGION"])


class Signed(requests.auth.AuthBase):
    def __call__(self, prepared):
        # Of what the client sends besides, proxies may change some: only what matters is signed.
        kept = {name: value for name, value in prepared.headers.items() if name.lower() == "content-type"}
        request = AWSRequest(method=prepared.method, url=prepared.url, data=prepared.body, headers=kept)
        signer.add_auth(request)
        prepared.headers.update(dict(request.headers.items()))
        return prepared


# What is there, for two requests of three: of a service that nobody knows, most is not found.
newest = requests.get(f"{os.environ['AWS_ENDPOINT_URL']}/releases/checkout", auth=Signed()).json()["items"][0]["releaseId"]


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    known = {"service": "checkout", "release": newest, "code": "queue_full"}
    if path_parameters is None or sum(len(str(value)) for value in path_parameters.values()) % 3 == 0:
        return path_parameters
    return {name: known.get(name, value) for name, value in path_parameters.items()}


# Not as schemathesis's own authentication, which it leaves out of some requests: who does not sign does not get to the API.
@schemathesis.hook
def before_call(context, case, kwargs):
    kwargs["auth"] = Signed()

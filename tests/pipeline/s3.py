"""A server of S3 for the stand-in: moto's over HTTP, on a port of 127.0.0.1 that was free, until standard input ends.

Every request of S3 has to be signed by a key that moto gave out, and what it asks for is held against the policies of the
key's role as the pipeline's files have them: action and resource, which is what moto knows of IAM; conditions, bucket
policies and the KMS key's policy are not enforced. What is asked of IAM and STS, in order to have roles at all, is free.

Reads requests from standard input, a JSON object a line, and answers each with one.
"""
import functools
import io
import json
import logging
import os
import pathlib
import sys
import threading
import traceback

for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
    os.environ[name] = "testing"
logging.disable(logging.CRITICAL)

import boto3  # noqa: E402
from moto import settings  # noqa: E402
from moto.core.authorization import ActionAuthenticatorMixin  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication, MotoRequestHandler, create_backend_app)
from werkzeug.serving import make_server  # noqa: E402

REGION = "ap-northeast-1"
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class Recorded:
    """The server's application, and what it was asked."""

    def __init__(self):
        self.application = DomainDispatcherApplication(create_backend_app)
        self.requests = []

    def __call__(self, environ, start):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        headers = "\n".join("%s: %s" % pair for pair in sorted(environ.items()) if pair[0].startswith("HTTP_"))
        text = "?%s\n%s\n\n%s" % (environ["QUERY_STRING"], headers, body.decode("utf-8", "replace"))
        request = [environ["REQUEST_METHOD"], environ["PATH_INFO"], "", text]
        self.requests.append(request)

        def answered(status, *more):
            request[2] = status.split()[0]
            return start(status, *more)

        return self.application(environ, answered)


class S3:
    def __init__(self):
        ActionAuthenticatorMixin._authenticate_and_authorize_normal_action = lambda *_, **__: None
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        self.recorded = Recorded()
        self.keys = {}                                     # of the roles, by their names
        server = make_server("127.0.0.1", 0, self.recorded, threaded=True, request_handler=MotoRequestHandler)
        self.endpoint = "http://127.0.0.1:%d" % server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def client(self, service, keys=None):
        keys = keys or {"AccessKeyId": "testing", "SecretAccessKey": "testing", "SessionToken": None}
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id=keys["AccessKeyId"],
                            aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"])

    def role_of(self, account, name, policy):
        """The keys of a session of a role, whose account moto remembers by them."""
        arn = "arn:aws:iam::%s:role/%s" % (account, name)
        keys = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        iam = self.client("iam", keys)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ANYTHING))
        iam.put_role_policy(RoleName=name, PolicyName="noren", PolicyDocument=json.dumps(policy))
        return keys

    @functools.cache
    def owner(self, account):
        """A client of S3 that may do everything in an account."""
        return self.client("s3", self.role_of(account, "owner", ANYTHING))

    # Requests

    def make(self, request):
        place = {"LocationConstraint": REGION}
        self.owner(request["account"]).create_bucket(Bucket=request["bucket"], CreateBucketConfiguration=place)
        return {}

    def remove(self, request):
        self.owner(request["account"]).delete_bucket(Bucket=request["bucket"])
        return {}

    def role(self, request):
        """What the cluster of a side has to know."""
        name = "%s-%s" % (request["bucket"], request["side"])
        keys = self.keys[name] = self.role_of(request["account"], name, request["policy"])
        return {"endpoint": self.endpoint, "login": "%s:%s" % (keys["AccessKeyId"], keys["SecretAccessKey"]),
                "token": keys["SessionToken"]}

    def policy(self, request):
        name = "%s-%s" % (request["bucket"], request["side"])
        self.client("iam", self.keys[name]).put_role_policy(RoleName=name, PolicyName="noren",
                                                            PolicyDocument=json.dumps(request["policy"]))
        return {}

    def listed(self, request):
        pages = self.owner(request["account"]).get_paginator("list_objects_v2").paginate(Bucket=request["bucket"])
        return {"keys": [listed["Key"] for page in pages for listed in page.get("Contents", [])]}

    def objects(self, request):
        """Every object, by its name: its text, how it is encrypted and with which key."""
        client = self.owner(request["account"])
        found = {}
        for key in self.listed(request)["keys"]:
            name = {"Bucket": request["bucket"], "Key": key}
            head = client.head_object(**name)
            found[key] = [client.get_object(**name)["Body"].read().decode(),
                          head.get("ServerSideEncryption", ""), head.get("SSEKMSKeyId", "")]
        return {"objects": found}

    def delete(self, request):
        self.owner(request["account"]).delete_object(Bucket=request["bucket"], Key=request["key"])
        return {}

    def requests(self, request):
        """All requests for a bucket in their order: method, path, status, and the rest of it."""
        path = "/%s/" % request["bucket"]
        return {"requests": [asked for asked in list(self.recorded.requests) if (asked[1] + "/").startswith(path)]}


def main():
    s3 = S3()
    does = {what: getattr(s3, what) for what in ("make", "remove", "role", "policy", "listed", "objects", "delete", "requests")}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = does[request["do"]](request)
        except Exception as error:  # the test is told, whatever it was
            answer = {"broken": "%s\n%s" % (error, traceback.format_exc())}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

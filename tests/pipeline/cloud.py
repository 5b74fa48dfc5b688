"""A stand-in for the services that a pipeline uses, in one process and without a network.

moto (PyPI) plays Step Functions, whose interpreter runs the machines, and keeps the records of RDS, IAM, S3, KMS, ECS,
EventBridge and Scheduler, an account each; objects lie on the server of s3.py. What has to do something does it on a real
PostgreSQL server:

  rds restoreDBClusterToPointInTime   CREATE DATABASE ... TEMPLATE
  rds deleteDBCluster                 DROP DATABASE
  rds modifyDBClusterParameterGroup   ALTER DATABASE ... SET, seen by new sessions after a while
  ecs runTask.sync                    psql with the environment of its task definition
  rdsdata executeStatement            one statement in a session of its own, with the login of its secret, and the
                                      limits of the Data API on time, statement and answer

Every parameter is checked against the service model of botocore, with the names that Step Functions gives them: those of
the SDK for Java in Pascal case, where only a leading acronym is written otherwise (DBClusterIdentifier becomes
DbClusterIdentifier, SourceDBClusterIdentifier stays). IAM is not enforced.

Reads requests from standard input, a JSON object a line, and answers each with one.
"""
import functools
import json
import logging
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import traceback
import types
import warnings

for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
    os.environ[name] = "testing"
os.environ["AWS_DEFAULT_REGION"] = "ap-northeast-1"
# Instead of thousands of machine images, read anew for each run, that nothing here starts.
IMAGES = tempfile.NamedTemporaryFile(suffix=".json")
pathlib.Path(IMAGES.name).write_text("[]")
os.environ["MOTO_AMIS_PATH"] = IMAGES.name
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

import boto3  # noqa: E402
import parliament  # noqa: E402
from botocore import xform_name  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402
from botocore.session import Session  # noqa: E402
from moto import mock_aws  # noqa: E402
from moto.stepfunctions.exceptions import ExecutionDoesNotExist  # noqa: E402
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName  # noqa: E402
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (  # noqa: E402
    FailureEvent, FailureEventException)
from moto.stepfunctions.parser.api import (  # noqa: E402
    ExecutionStatus, HistoryEventType, TaskFailedEventDetails)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails  # noqa: E402
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl  # noqa: E402
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (  # noqa: E402
    state_task_service_aws_sdk as sdk, state_task_service_ecs as ecs)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import wait_function  # noqa: E402
from moto.stepfunctions.parser.models import (  # noqa: E402
    StepFunctionsParserBackend, stepfunctions_parser_backends)
from statelint.linter import Linter  # noqa: E402

REGION = "ap-northeast-1"
MODELS = Session()
SESSION = boto3.Session(botocore_session=MODELS, region_name=REGION)
# Short enough for a test, long enough for the other threads.
MOMENT = 0.02
# Of the Data API.
SECONDS, STATEMENT, ANSWER, ROW, REQUEST = 45, 65536, 1 << 20, 64 << 10, 4 << 20
# What psql puts between fields, for NULL, and between a description and rows.
FIELD, NULL, ROWS = "\x1f", "\x1e", "\x1d"


@functools.cache
def client(service, account):
    """A client of an account, which moto takes from a header. To make one takes longer than most calls."""
    made = SESSION.client(service)
    made.meta.events.register("before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", account))
    return made


def in_steps(name):
    """A member of the service model as Step Functions calls it."""
    run = 0
    while run < len(name) and name[run].isupper():
        run += 1
    if 1 < run < len(name):
        name = name[0] + name[1:run - 1].lower() + name[run - 1:]
    return name[0].upper() + name[1:]


def to_model(value, shape):
    """Parameters of a state as the service model calls them; another name is an error."""
    if shape is not None and shape.type_name == "structure" and isinstance(value, dict):
        members = {in_steps(name): (name, of) for name, of in shape.members.items()}
        wrong = sorted(set(value) - set(members))
        if wrong:
            raise ValueError("%s has no parameter %s" % (shape.name, ", ".join(wrong)))
        return {members[key][0]: to_model(inner, members[key][1]) for key, inner in value.items()}
    if shape is not None and shape.type_name == "list" and isinstance(value, list):
        return [to_model(inner, shape.member) for inner in value]
    return value


def from_model(value):
    if isinstance(value, dict):
        return {in_steps(key): from_model(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [from_model(inner) for inner in value]
    return value


def operation(service, action):
    service = {"sfn": "stepfunctions", "rdsdata": "rds-data"}.get(service, service)
    model = MODELS.get_service_model(service)
    name = next((name for name in model.operation_names if name.lower() == action.lower()), None)
    if name is None:
        raise ValueError("%s has no action %s" % (service, action))
    return service, name, model.operation_model(name).input_shape


class Cloud:
    """What is there, and what goes wrong: `wrong` names actions with the error that each next call of them gives."""

    def __init__(self, request):
        self.settings = request
        self.databases = dict(request["databases"])       # cluster identifier -> database
        self.calls, self.log, self.definitions = [], [], {}
        self.pending = []                                  # [tasks to wait, database, value]
        self.wrong = {action: list(errors) for action, errors in request.get("wrong", {}).items()}
        self.polls = {}
        self.http, self.outlived = set(), []               # clusters whose Data API is open; statements that go on

    # PostgreSQL

    def psql(self, database, user, *arguments, **more):
        server = self.settings["server"]
        command = [server["psql"], "-h", server["host"], "-U", user, "-d", database, "-X", *arguments]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, **more)

    def admin(self, statement):
        done = self.psql("postgres", "postgres", "-Atq", "-v", "ON_ERROR_STOP=1", "-c", statement)
        if done.returncode:
            raise RuntimeError(done.stdout)
        return done.stdout.strip()

    def clone(self, source, clone):
        # Another process may play a run of the same name.
        name = "%s_of_%s" % (clone.replace("-", "_"), self.databases[source])
        self.admin('CREATE DATABASE "%s" TEMPLATE "%s"' % (name, self.databases[source]))
        settings = self.admin("SELECT coalesce(json_agg(s), '[]') FROM pg_db_role_setting r JOIN pg_database d ON d.oid = r.setdatabase, "
                              "unnest(r.setconfig) s WHERE d.datname = '%s'" % self.databases[source])
        for setting in json.loads(settings):
            key, value = setting.split("=", 1)
            self.admin("ALTER DATABASE \"%s\" SET %s = '%s'" % (name, key, value.replace("'", "''")))
        self.databases[clone] = name

    def drop(self, cluster):
        name = self.databases.pop(cluster, None)
        if name:
            self.admin('DROP DATABASE "%s" WITH (FORCE)' % name)

    def parameter(self, group, parameters):
        for parameter in parameters:
            if parameter["ParameterName"] == "session_replication_role" and group == self.settings.get("group"):
                wait = self.settings.get("propagation", 0)
                self.pending.append([wait, self.databases[self.settings["copy"]], parameter["ParameterValue"]])
        self.propagate(0)

    def propagate(self, by):
        for pending in self.pending:
            pending[0] -= by
        for wait, database, value in self.pending:
            if wait <= 0:
                self.admin('ALTER DATABASE "%s" SET session_replication_role = %s' % (database, value))
        self.pending = [pending for pending in self.pending if pending[0] > 0]

    # Services

    def call(self, account, service, action, parameters):
        service, name, shape = operation(service, action)
        parameters = to_model(parameters, shape)
        self.calls.append([account, name, parameters])
        if self.wrong.get(name):
            raise ClientError({"Error": {"Code": "Refused", "Message": self.wrong[name].pop(0)},
                               "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "-"}}, name)
        if name == "AddRoleToDBCluster" and self.settings.get("clone_has_role"):
            raise ClientError({"Error": {"Code": "DBClusterRoleAlreadyExists", "Message": "it is there"},
                               "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "-"}}, name)
        if name == "EnableHttpEndpoint":
            self.http.add(parameters["ResourceArn"])
            return {"ResourceArn": parameters["ResourceArn"], "HttpEndpointEnabled": True}
        if service == "rds-data":
            return from_model(self.statement(account, parameters))
        asked = getattr(client(service, account), xform_name(name))
        answer = asked(**parameters)
        answer.pop("ResponseMetadata", None)
        if name == "RestoreDBClusterToPointInTime":
            self.clone(parameters["SourceDBClusterIdentifier"], parameters["DBClusterIdentifier"])
        elif name == "DeleteDBCluster":
            self.drop(parameters["DBClusterIdentifier"])
        elif name == "ModifyDBClusterParameterGroup":
            self.parameter(parameters["DBClusterParameterGroupName"], parameters["Parameters"])
        elif name == "DescribeDBInstances":
            self.not_yet(answer)
        return json.loads(json.dumps(from_model(answer), default=str))

    def not_yet(self, answer):
        for instance in answer["DBInstances"]:
            seen = self.polls[instance["DBInstanceIdentifier"]] = self.polls.get(instance["DBInstanceIdentifier"], 0) + 1
            if seen <= self.settings.get("polls", 1):
                instance["DBInstanceStatus"] = "creating"

    def statement(self, account, asked):
        """One statement of the Data API, and what it returns."""
        cluster = asked["resourceArn"].rsplit(":", 1)[-1]
        if asked["resourceArn"].split(":")[4] != account or asked["database"] != self.settings["database"]:
            raise refused("BadRequestException", "no such database")
        if asked["resourceArn"] not in self.http:
            raise refused("HttpEndpointNotEnabledException", "the HTTP endpoint is not enabled")
        if len(asked["sql"]) > STATEMENT or len(json.dumps(asked)) > REQUEST:
            raise refused("BadRequestException", "the statement is too long")
        login = json.loads(self.settings["secrets"][asked["secretArn"]])
        given = {one["name"]: one["value"] for one in asked.get("parameters", [])}
        sql = re.sub(r"(?<!:):([a-z_]+)", lambda name: literal(given.pop(name[1])), asked["sql"])
        if given:
            raise refused("BadRequestException", "no such parameter: %s" % ", ".join(given))
        limit = self.settings.get("seconds", SECONDS)
        goes_on = asked.get("continueAfterTimeout", False) or self.settings.get("goes_on", False)
        server = self.settings["server"]
        options = "" if goes_on else "-c statement_timeout=%d" % (limit * 1000)
        command = [server["psql"], "-h", server["host"], "-U", login["username"], "-d", self.databases[cluster], "-XqAt",
                   "-v", "ON_ERROR_STOP=1", "-F", FIELD, "-P", "null=" + NULL]
        process = subprocess.Popen(command, env={**os.environ, "PGOPTIONS": options}, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        text = "%s \\gdesc\n\\echo %s\n%s;\n" % (sql, ROWS, sql)
        try:
            said, _ = process.communicate(text, limit if goes_on else None)
        except subprocess.TimeoutExpired:
            self.outlived.append(process)
            raise refused("StatementTimeoutException", "the call timed out, and the statement goes on")
        self.log.append([asked["sql"], process.returncode, said])
        if "due to statement timeout" in said:
            raise refused("StatementTimeoutException", said)
        if process.returncode:
            raise refused("DatabaseErrorException", said)
        described, rows = said.split(ROWS + "\n")
        types = [line.split(FIELD)[1] for line in described.splitlines()]
        records = [[field(value, of) for value, of in zip(row.split(FIELD), types)] for row in rows.splitlines()]
        if len(said) > ANSWER or any(len(row) > ROW for row in rows.splitlines()):
            raise refused("DatabaseErrorException", "the database returned more than the allowed response size")
        return {"records": records, "numberOfRecordsUpdated": 0}

    def run_task(self, account, parameters):
        """psql as the task's container would run it, and what the service says of it."""
        _, _, shape = operation("ecs", "runTask")
        asked = to_model(parameters, shape)
        definition = self.definitions[account, asked["taskDefinition"]]
        container = definition["containerDefinitions"][0]
        over = asked["overrides"]["containerOverrides"][0]
        if over["name"] != container["name"]:
            raise ValueError("there is no container %s" % over["name"])
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        for pair in container["environment"] + over["environment"]:
            environment[pair["name"]] = pair["value"]
        for secret in container["secrets"]:
            environment[secret["name"]] = self.secret(secret["valueFrom"])
        command = list(over["command"])
        if command[:2] != ["psql", "-X"]:
            raise ValueError("the image has psql: %s" % command)
        self.calls.append([account, "RunTask", {"command": command, "environment": over["environment"]}])
        self.propagate(1)
        server = self.settings["server"]
        cluster = environment["PGHOST"].split(".")[0]
        if environment["PGDATABASE"] != self.settings["database"] or cluster not in self.databases:
            raise ValueError("no such database: %s of %s" % (environment["PGDATABASE"], environment["PGHOST"]))
        environment.update(PGHOST=server["host"], PGDATABASE=self.databases[cluster], PGSSLMODE="disable")
        file = command[-1].replace("/noren/", self.settings["root"] + "/", 1)
        done = subprocess.run([server["psql"], *command[1:-1], file], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.log.append([command[-1].rsplit("/", 1)[-1], done.returncode, done.stdout])
        return {"Containers": [{"Name": container["name"], "ExitCode": done.returncode, "LastStatus": "STOPPED"}],
                "LastStatus": "STOPPED"}, done.returncode

    def secret(self, source):
        parts = source.split(":")
        arn, field = ":".join(parts[:7]), parts[7] if len(parts) > 7 else ""
        value = self.settings["secrets"][arn]
        return json.loads(value)[field] if field else value


def refused(code, message):
    return ClientError({"Error": {"Code": code, "Message": message},
                        "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "-"}}, "ExecuteStatement")


def literal(value):
    """A parameter; the service binds it, psql is given it as a constant."""
    if value.get("isNull"):
        return "NULL"
    return "'%s'" % value["stringValue"].replace("'", "''")


def field(value, of):
    if value == NULL:
        return {"isNull": True}
    if of == "boolean":
        return {"booleanValue": value == "t"}
    if of in ("smallint", "integer", "bigint"):
        return {"longValue": int(value)}
    return {"stringValue": value}


CLOUD = None


def failed(self, env, error, cause):
    details = TaskFailedEventDetails(resource=self._get_sfn_resource(), resourceType=self._get_sfn_resource_type(),
                                     error=error, cause=cause)
    return FailureEventException(FailureEvent(
        env=env, error_name=ErrorName(error_name=error), event_type=HistoryEventType.TaskFailed,
        event_details=EventDetails(taskFailedEventDetails=details)))


def account_of(part, credentials):
    arn = getattr(credentials, "role_arn", None)
    return arn.split(":")[4] if arn else part.account


def install():
    """Puts the stand-in between the interpreter and its services, and takes the waiting out."""

    def evaluate_sdk(self, env, resource_runtime_part, normalised_parameters, state_credentials):
        account = account_of(resource_runtime_part, state_credentials)
        try:
            answer = CLOUD.call(account, self.resource.api_name, self.resource.api_action, normalised_parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            code = {"DBClusterNotFoundFault": "DbClusterNotFound", "DBInstanceNotFound": "DbInstanceNotFound",
                    "DBInstanceNotFoundFault": "DbInstanceNotFound"}.get(code, code)
            service = {"rdsdata": "RdsData"}.get(self.resource.api_name, self.resource.api_name.capitalize())
            code = code.removesuffix("Exception") + "Exception"
            raise failed(self, env, "%s.%s" % (service, code), error.response["Error"]["Message"])
        env.stack.append(answer)

    def evaluate_task(self, env, resource_runtime_part, normalised_parameters, state_credentials):
        normalised_parameters.pop("StartedBy", None)
        account = account_of(resource_runtime_part, state_credentials)
        answer, code = CLOUD.run_task(account, normalised_parameters)
        if code and CLOUD.settings.get("exit_code_fails", True):
            raise failed(self, env, "States.TaskFailed", json.dumps(answer))
        env.stack.append(answer)

    # The same machines are put up for each run of a test, and to read one takes longer than to run some.
    check = functools.cache(StepFunctionsParserBackend._validate_definition)
    StepFunctionsParserBackend._validate_definition = staticmethod(check)

    sdk.StateTaskServiceAwsSdk._eval_service_task = evaluate_sdk
    sdk.StateTaskServiceAwsSdk._normalise_parameters = lambda self, *_, **__: None
    sdk.StateTaskServiceAwsSdk._normalise_response = lambda self, *_, **__: None
    ecs.StateTaskServiceEcs._eval_service_task = evaluate_task
    ecs.StateTaskServiceEcs._normalise_parameters = lambda self, *_, **__: None
    ecs.StateTaskServiceEcs._build_sync_resolver = lambda self, env, **_: (lambda answer: lambda: answer)(env.stack.pop())
    wait_function.WaitFunction._wait_interval = lambda self, env, wait_seconds: time.sleep(MOMENT)
    retrier_decl.time = types.SimpleNamespace(sleep=lambda seconds: time.sleep(CLOUD.settings.get("retry", MOMENT)))


def load(folder, name):
    return json.loads(pathlib.Path(folder, name).read_text())


def put_up(request):
    """Both accounts as the files say, with the services' own checks of every document."""
    folder = request["pipeline"]
    for side, account in (("source", request["source_account"]), ("target", request["target_account"])):
        if not pathlib.Path(folder, side).is_dir():
            continue
        names = sorted(path.name for path in pathlib.Path(folder, side).iterdir())
        iam, rds = client("iam", account), client("rds", account)
        for name in (name[:-len(".trust.json")] for name in names if name.endswith(".trust.json")):
            role = request["name"] + "-" + name
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(load(folder, "%s/%s.trust.json" % (side, name))))
            iam.put_role_policy(RoleName=role, PolicyName="noren",
                                PolicyDocument=json.dumps(load(folder, "%s/%s.policy.json" % (side, name))))
        for name in (name for name in names if name.endswith("-task.json")):
            definition = load(folder, "%s/%s" % (side, name))
            client("ecs", account).register_task_definition(**definition)
            CLOUD.definitions[account, definition["family"]] = definition
        for name in (name[:-len(".asl.json")] for name in names if name.endswith(".asl.json")):
            machine = "import-machine" if name.startswith("import") else "export-machine"
            client("stepfunctions", account).create_state_machine(
                name="%s-%s" % (request["name"], name), definition=json.dumps(load(folder, "%s/%s.asl.json" % (side, name))),
                roleArn="arn:aws:iam::%s:role/%s-%s" % (account, request["name"], machine))
        if "rule.json" in names:
            client("events", account).put_rule(**load(folder, side + "/rule.json"))
            client("events", account).put_targets(**load(folder, side + "/rule-targets.json"))
        if "schedule.json" in names:
            client("scheduler", account).create_schedule(**load(folder, side + "/schedule.json"))
        if "bucket.policy.json" in names:
            s3 = client("s3", account)
            s3.create_bucket(Bucket=request["bucket"], CreateBucketConfiguration={"LocationConstraint": REGION})
            s3.put_bucket_policy(Bucket=request["bucket"], Policy=json.dumps(load(folder, side + "/bucket.policy.json")))
        if "key.policy.json" in names:
            kms = client("kms", account)
            key = kms.create_key()["KeyMetadata"]["KeyId"]
            kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(load(folder, side + "/key.policy.json")))
        cluster = request["clusters"][side]
        if cluster not in [found["DBClusterIdentifier"] for found in rds.describe_db_clusters()["DBClusters"]]:
            rds.create_db_cluster(DBClusterIdentifier=cluster, Engine="aurora-postgresql", MasterUsername="postgres",
                                  MasterUserPassword="not-a-secret")
        if side == "source":
            network(request, account, rds)
        if side == "target" and request.get("group"):
            rds.create_db_cluster_parameter_group(DBClusterParameterGroupName=request["group"],
                                                  DBParameterGroupFamily="aurora-postgresql15", Description="d")


def network(request, account, rds):
    ec2 = client("ec2", account)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    rds.create_db_subnet_group(DBSubnetGroupName=request["subnet_group"], DBSubnetGroupDescription="d", SubnetIds=[subnet])


def history(account, execution):
    events = stepfunctions_parser_backends[account][REGION].get_execution_history(execution)["events"]
    return json.loads(json.dumps(events, default=str))


def execute(account, machine, name, given):
    steps = client("stepfunctions", account)
    arn = "arn:aws:states:%s:%s:stateMachine:%s" % (REGION, account, machine)
    execution = steps.start_execution(stateMachineArn=arn, name=name, input=json.dumps(given))["executionArn"]
    # Not by calls: to write an answer down takes moto longer than most steps of a run.
    running = stepfunctions_parser_backends[account][REGION].describe_execution(execution)
    limit = time.time() + 400
    while time.time() < limit:
        if running.exec_status != ExecutionStatus.RUNNING:
            return steps.describe_execution(executionArn=execution), history(account, execution)
        time.sleep(MOMENT)
    raise TimeoutError(machine)


def run(request):
    """One execution from its beginning to its end, in accounts of its own."""
    global CLOUD
    CLOUD = Cloud(request)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        put_up(request)
        machine = "%s-%s" % (request["name"], request.get("machine", "export"))
        account = request["target_account" if machine.split("-")[-1] == "import" else "source_account"]
        found, events = execute(account, machine, request.get("run", "one"), request.get("input", {}))
        arn = "arn:aws:states:%s:%s:execution:%s-import:%s" % (REGION, request["target_account"], request["name"],
                                                               request.get("run", "one"))
        try:
            others = history(request["target_account"], arn)
        except ExecutionDoesNotExist:
            others = []  # it was never started
        after = []
        if request.get("cleanup"):
            event = {"detail": {"executionArn": found["executionArn"], "status": found["status"]}}
            cleaned, _ = execute(account, machine + "-cleanup", "cleanup", event)
            after = [cleaned["status"], cleaned.get("cause", "")]
        clusters = client("rds", request["source_account"]).describe_db_clusters()["DBClusters"]
        instances = client("rds", request["source_account"]).describe_db_instances()["DBInstances"]
        left = [found["DBClusterIdentifier"] for found in clusters] + [found["DBInstanceIdentifier"] for found in instances]
    CLOUD.propagate(10_000)
    for process in CLOUD.outlived:
        process.kill()
    states = [event.get("stateEnteredEventDetails", {}).get("name") for event in events + others]
    return {"status": found["status"], "error": found.get("error", ""), "cause": found.get("cause", ""),
            "states": [name for name in states if name], "log": CLOUD.log, "left": left, "cleanup": after,
            "databases": sorted(CLOUD.databases), "calls": CLOUD.calls, "history": json.dumps(events + others)}


def named(states):
    """What is wrong with the names of parameters in each call of a machine, whether a run comes by it or not."""
    for name, state in states.items():
        yield from named(state.get("ItemProcessor", {}).get("States", {}))
        service, _, action = state.get("Resource", "").partition(":::")[2].removeprefix("aws-sdk:").partition(":")
        if not service:
            continue
        try:
            to_model(without_paths(state["Parameters"]), operation(service, action.removesuffix(".sync"))[2])
        except ValueError as error:
            yield "%s: %s" % (name, error)


def without_paths(value):
    if isinstance(value, dict):
        return {key.removesuffix(".$"): without_paths(inner) for key, inner in value.items()}
    return [without_paths(inner) for inner in value] if isinstance(value, list) else value


def lint(request):
    """What statelint, the services' models and parliament say of all files below a folder."""
    said = []
    for path in sorted(pathlib.Path(request["folder"]).rglob("*.json")):
        name = "/".join(path.parts[-2:])
        text = path.read_text()
        if name.endswith(".asl.json"):
            said += ["%s: %s" % (name, problem) for problem in Linter.validate(str(path))]
            said += ["%s: %s" % (name, problem) for problem in named(json.loads(text)["States"])]
        elif name.endswith(".policy.json"):
            policy = parliament.analyze_policy_string(text)
            # A key's policy is about its key, and has no other way to say so. The machines are of the standard kind.
            own = [("RESOURCE_STAR", "")] if name.endswith("key.policy.json") else [("RESOURCE_MISMATCH", ":express:")]
            found = [found for found in policy.findings
                     if not any(found.issue == issue and word in str(found.detail) for issue, word in own)]
            said += ["%s: %s %s" % (name, one.issue, one.detail) for one in found]
    return {"said": said}


def main():
    install()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"run": run, "lint": lint}[request["do"]](request)
        except Exception as error:  # the test is told, whatever it was
            answer = {"broken": "%s\n%s" % (error, traceback.format_exc())}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

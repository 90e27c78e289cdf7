"""All settings, read from the environment; `.env.example` names each one.

Production is the default: the process refuses to start unless `SECRET_KEY` and `ALLOWED_HOSTS` are set. `LOCAL=on`,
which `scripts/up` and `manage.py` set, is the product on this machine alone: plain http on loopback, else as in
production. `DEBUG=on` adds Django's debug pages and the toolbar.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".local"))).resolve()

DEBUG: bool = env.bool("DEBUG", default=False)
LOCAL: bool = env.bool("LOCAL", default=DEBUG)
SECRET_KEY: str = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY to a long random value; scripts/up makes one of its own.")
if not LOCAL and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is too short: use at least 50 random characters.")
if LOCAL and not ALLOWED_HOSTS:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names that this installation answers to.")

INSTALLED_APPS = [
    "socialgraph.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "pgtrigger",
    "allauth",
    "allauth.account",
    "rest_framework",
    "knox",
    "django_htmx",
    "csp",
    "socialgraph",
    "accounts",
    "tweets",
    "timelines",
    "dashboard",
]

MIDDLEWARE = [
    "dashboard.middleware.MeasureRequests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "socialgraph.middleware.OnePolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "socialgraph.middleware.MessagesWhenAsked",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "socialgraph.urls"
WSGI_APPLICATION = "socialgraph.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Servers ------------------------------------------------------------------------------------------------------------

if not env.str("DATABASE_URL", default=""):
    raise ImproperlyConfigured(
        "Set DATABASE_URL, or run through scripts/up or manage.py, which start their own servers."
    )
_database = env.db("DATABASE_URL")
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "socialgraph.postgresql",
        "CONN_MAX_AGE": 600,  # seconds; a new one has to log in, and to plan every statement anew
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            # Who waits for a lock fails in time to say so; what may wait longer, such as a load, says it itself.
            "options": "-c lock_timeout=3000",
            # PostgreSQL plans what a connection asks again and again once, which takes longer than most of it runs.
            "server_side_binding": True,
            "prepare_threshold": 5,
            **_database.get("OPTIONS", {}),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _redis_url(name: str, database: int) -> str:
    """The URL of one of the three Redis roles: its own variable, else a database of the one server in REDIS_URL."""
    own: str = env.str(name, default="")
    if own:
        return own
    shared: str = env.str("REDIS_URL", default="")
    if shared:
        return urlsplit(shared)._replace(path=f"/{database}").geturl()
    raise ImproperlyConfigured(f"Set {name}, or REDIS_URL for one server that holds timelines, cache and broker.")


TIMELINES_URL = _redis_url("TIMELINES_URL", 0)
CACHE_URL = _redis_url("CACHE_URL", 1)
BROKER_URL = _redis_url("BROKER_URL", 2)

# A dead cache must not take pages, log-in or sessions down: it is ignored, with short timeouts (design: caches).
CACHES = {
    "default": {
        "BACKEND": "socialgraph.cache.ForgivingCache",
        "LOCATION": CACHE_URL,
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
        },
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 10, "socket_keepalive": True}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ROUTES = {
    "socialgraph.tasks.drain_outbox": {"queue": "fanout"},
    "socialgraph.tasks.prune_outbox": {"queue": "periodic"},
    "accounts.tasks.flush_counts": {"queue": "periodic"},
    "accounts.tasks.close_due": {"queue": "periodic"},
    "accounts.tasks.clear_sessions": {"queue": "periodic"},
    "tweets.tasks.prune_post_keys": {"queue": "periodic"},
    "tweets.tasks.post_due_drafts": {"queue": "periodic"},
    "tweets.tasks.prune_media": {"queue": "periodic"},
    "dashboard.tasks.take_sample": {"queue": "periodic"},
    "dashboard.tasks.survey": {"queue": "periodic"},
}
# An expired run is dropped unread, so a stopped worker does not come back to a backlog of sweeps.
CELERY_BEAT_SCHEDULE = {
    "drain_outbox": {"task": "socialgraph.tasks.drain_outbox", "schedule": 2.0, "options": {"expires": 10}},
    "flush_counts": {"task": "accounts.tasks.flush_counts", "schedule": 1.0, "options": {"expires": 5}},
    "post_due_drafts": {"task": "tweets.tasks.post_due_drafts", "schedule": 1.0, "options": {"expires": 5}},
    "prune_outbox": {"task": "socialgraph.tasks.prune_outbox", "schedule": 300.0, "options": {"expires": 300}},
    "prune_post_keys": {"task": "tweets.tasks.prune_post_keys", "schedule": 3600.0, "options": {"expires": 600}},
    "prune_media": {"task": "tweets.tasks.prune_media", "schedule": 3600.0, "options": {"expires": 600}},
    "close_due": {"task": "accounts.tasks.close_due", "schedule": 600.0, "options": {"expires": 600}},
    "clear_sessions": {"task": "accounts.tasks.clear_sessions", "schedule": 3600.0, "options": {"expires": 600}},
    "dashboard_sample": {"task": "dashboard.tasks.take_sample", "schedule": 10.0, "options": {"expires": 10}},
    "dashboard_survey": {"task": "dashboard.tasks.survey", "schedule": 60.0, "options": {"expires": 60}},
}

# People, passwords, security -----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# Argon2id at OWASP's minimum (19 MiB, 2 passes, 1 lane); bcrypt hashes are accepted and upgraded at log-in.
PASSWORD_HASHERS = [
    "accounts.hashers.OwaspArgon2Hasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.MaximumLengthValidator"},
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
    ),
]
# auth.W004: user names are unique by a constraint on lower(username), which this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004", "auth.E003"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.LogInForm",
    "signup": "accounts.forms.SignUpForm",
    "reset_password": "accounts.forms.AskForResetForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
}
# A link is sent and waited for by nobody: who has not opened it may post. A new address counts once its link is opened.
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of changed passwords and addresses
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Mail goes to the server of EMAIL_URL; without one, on this machine alone, into files of DATA_DIR/mail.
if (mail_server := env.str("EMAIL_URL", default="")) or not LOCAL:
    vars().update(env.email_url_config(mail_server or "smtp://localhost:25"))
else:
    EMAIL_BACKEND = "socialgraph.mail.PrivateFileBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 3  # seconds; whoever signs up waits for it
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default="") or "Socialgraph <noreply@localhost>"

CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
HTTPS = env.bool("HTTPS", default=not LOCAL)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^livez$", r"^readyz$"]  # balancers probe them over plain HTTP
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=365 * 24 * 3600) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # whose limits count people by the address that the proxy saw
CONTENT_SECURITY_POLICY: dict[str, dict[str, Any]] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # blob: the preview of an image that is about to be posted; data: the few pixels that stand for one before it
        "img-src": [SELF, "blob:", "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# API -----------------------------------------------------------------------------------------------------------------

THROTTLES: bool = env.bool("THROTTLES", default=True)
if not THROTTLES and not LOCAL:
    raise ImproperlyConfigured("THROTTLES=off is for measuring on a local machine; production refuses it.")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "socialgraph.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["socialgraph.api_json.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["socialgraph.api_json.JsonParser"],
    "DEFAULT_THROTTLE_CLASSES": ["socialgraph.throttles.RequestThrottle"],
    "EXCEPTION_HANDLER": "socialgraph.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    # Whose word counts for a caller's address: the proxy's, or nobody's, since anybody can send X-Forwarded-For.
    "NUM_PROXIES": 1 if env.bool("BEHIND_TLS_PROXY", default=False) else 0,
}
THROTTLE_RATES = {  # scope: (requests, seconds); sign-ups and anonymous requests by address, the others by user
    "user": (3000, 60),
    "anonymous": (1000, 60),
    "sign_up": (300, 3600),
    "post": (60, 60),
    "upload": (120, 60),
}
# Of the account pages, by allauth; its defaults for what is not named here (30 log-ins a minute by address, 5 failed
# ones in 5 minutes by name). Sign-ups as in the API.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {"signup": "300/h/ip"} if THROTTLES else False
REST_KNOX = {"TOKEN_TTL": timedelta(days=365)}

# Files, texts, logs --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
FILE_UPLOAD_HANDLERS = [
    "socialgraph.uploads.CappedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(DATA_DIR / "media")))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Pictures in a bucket, by any server that speaks S3; who may write there is said by AWS_ACCESS_KEY_ID and the like.
S3_BUCKET: str = env.str("S3_BUCKET", default="")
if S3_BUCKET:
    _endpoint = env.str("S3_ENDPOINT_URL", default="").rstrip("/")
    _public = env.str("S3_PUBLIC_URL", default="").rstrip("/") or (
        f"{_endpoint}/{S3_BUCKET}" if _endpoint else f"https://{S3_BUCKET}.s3.amazonaws.com"
    )
    _scheme, _, _place = _public.partition("//")
    STORAGES["default"] = {
        "BACKEND": "socialgraph.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": _endpoint or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "url_protocol": _scheme,
            "custom_domain": _place,
        },
    }
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"].append(f"{_scheme}//{_place.partition('/')[0]}")
WHITENOISE_USE_FINDERS = LOCAL  # files are served from where they are, not collected first
WHITENOISE_AUTOREFRESH = DEBUG
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"one_line": {"()": "socialgraph.logs.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["one_line"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}

if DEBUG:  # the toolbar exists in development only
    INSTALLED_APPS += ["debug_toolbar"]
    MIDDLEWARE.insert(2, "debug_toolbar.middleware.DebugToolbarMiddleware")
    INTERNAL_IPS = ["127.0.0.1"] if env.bool("DEBUG_TOOLBAR", default=False) else []

# Limits --------------------------------------------------------------------------------------------------------------

IMAGE_BYTES_MAX = 8 * 1024 * 1024  # of a sent image
IMAGE_PIXELS_MAX = 40_000_000
IMAGE_SIDE = 1_600  # pixels of the longer side of a stored image
THUMBNAIL_SIDE = 640
MEDIA_MAX = 4  # images of a tweet
MEDIA_WAITING_MAX = 40  # images of one person that no tweet has yet; with one more the oldest goes
MEDIA_WAITING_HOURS = 24  # for which such an image is kept
AVATAR_SIDE = 320
BIO_MAX = 160  # characters that a person may write; the table holds more, for imported accounts
TWEET_TEXT_MAX = 280  # code points after NFC; the database checks the same number
EDIT_MINUTES: int = env.int("EDIT_MINUTES", default=60)  # after posting, in which the author may edit a tweet
EDITS_MAX = 50  # of one tweet: its history is one page
UNDO_SEND_SECONDS = (0, 5, 10, 20, 30)  # from which everybody chooses how long a post waits and can be undone
DRAFTS_MAX = 100  # of one person: posts that wait, were refused or taken back
PAGE_SIZE = 20  # tweets on a page; the API takes ?limit=
PAGE_SIZE_MAX = 100
FRONT_POSTS = 8  # on the page for visitors
THREAD_LEVELS = 32  # of a thread's tree; what is deeper stands below the last level, oldest first
THREAD_PAGE = 30  # places of the tree on a page
THREAD_ABOVE = 12  # of the posts that a post answers, shown above it
PEOPLE_FOUND_MAX = 20  # that a look-up by the beginning of a name shows on its page
SEARCH_LENGTH_MAX = 500  # characters of a question
SEARCH_PARTS_MAX = 20  # words, phrases and conditions in it
SEARCH_WALK = 2_000  # tweets of one walk of a search, newest first, before it asks the index
SEARCH_MATCHES = 4_000  # that it takes from the index at once; a window with more is made smaller
SEARCH_RANKED = 1_000  # newest matches of which the top ones are shown
SEARCH_ANSWERED = 5_000  # newest posts of somebody whose answers `to:` finds
SUGGESTED_MAX = 8  # people offered while somebody types
DELETION_DAYS = 14  # between an own deletion and the erasing; logging in meanwhile cancels it. 0: at once
ERASE_BATCH = 500  # rows that go in one transaction when an account is erased
MUTED_WORDS_MAX = 200  # of one person
MUTE_HOURS = (1, 24, 168, 720)  # that a mute may be chosen to last on the pages
BOOKMARK_FOLDERS_MAX = 100  # of one person
BOOKMARK_WORDS_MAX = 8  # of a search in one's bookmarks; further ones are not asked for
BOOKMARKS_STEP = 1_000  # that one page of bookmarks looks at, to find what is asked for
REPORTS_A_DAY_MAX = 50  # by one person
TIMELINE_LENGTH = 800  # ids that a home timeline keeps in Redis; older ones are read from SQL
TIMELINE_SLACK = 40  # pushes above the length before a timeline is trimmed: rarely, and no list takes more than 9 KiB
TIMELINE_SHARDS = 1  # hash tags of the keys; a change needs an emptied timeline server, whose lists are then rebuilt
AUTHOR_LIST_LENGTH = 100  # recent ids that an author's own list keeps, for the celebrity merge
ACTIVE_DAYS = 30  # who was not here for longer has no timeline in Redis until the next visit
CELEBRITY_FOLLOWER_COUNT = env.int("CELEBRITY_FOLLOWER_COUNT", default=10_000)
CELEBRITY_LEAVE_RATIO = 0.8  # stops being a celebrity below this share of the threshold, so that nothing flaps
FAN_OUT_BATCH = env.int("FAN_OUT_BATCH", default=10_000)  # followers whose pushes may be under way, and not yet stored
FAN_OUT_RANGE = 50_000  # a larger audience is split into ranges of this many followers, for several workers
OUTBOX_LEASE_SECONDS = 30
OUTBOX_KEEP_HOURS = 24  # how long finished events stay readable
POST_KEY_KEEP_HOURS = 24  # how long a repeated Idempotency-Key finds its tweet
COUNT_FLUSH_ROWS = 2_000  # ledger rows folded in one transaction, whose counted rows stay locked for it
DASHBOARD_REFRESH_SECONDS = 5
DASHBOARD_LATE_SECONDS = 30  # what waits for longer, in the outbox or a queue, is called late
DASHBOARD_SILENT_SECONDS = 8  # who was not heard of for longer counts as gone; workers and beat speak every 2 s

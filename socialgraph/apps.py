from django.apps import AppConfig
from django.contrib.admin import apps as admin


class SocialgraphConfig(AppConfig):
    name = "socialgraph"
    default = True


class AdminConfig(admin.AdminConfig):
    default = False  # of this package: it is named in INSTALLED_APPS
    default_site = "socialgraph.admin_site.Site"

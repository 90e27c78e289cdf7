from django.apps import AppConfig


class SocialgraphConfig(AppConfig):
    name = "socialgraph"

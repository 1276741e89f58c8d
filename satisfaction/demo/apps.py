from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "satisfaction.demo"
    label = "demo"

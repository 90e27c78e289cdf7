from typing import Any

from allauth.account.views import SignupView
from django.core.exceptions import ValidationError
from django.http import HttpResponse

from accounts.forms import SignUpForm


class SignUp(SignupView):  # type: ignore[misc]  # the library is untyped
    """allauth's, whose form leaves the judgement to `services.register`."""

    def form_valid(self, form: SignUpForm) -> Any:  # a response
        try:
            return super().form_valid(form)
        except ValidationError as error:
            form.refuse(error)
            response: HttpResponse = self.form_invalid(form)
            return response


sign_up = SignUp.as_view()

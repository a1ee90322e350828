from skyseg import Data

data = Data.from_survey_version("JOF", "v11")
